//! Verifying a driver: every campaign, on as many processes as there are processors, and one table at the end.
//!
//! The work is cut into pieces before anything runs ([`work`]). Worker processes do them ([`worker`], [`pool`]),
//! and what they tell is merged in the order of the pieces ([`report`]), so that neither the number of workers
//! nor their speed makes a difference. The same lines in a file ([`lines`]) merge what several machines did.

pub mod explain;
pub mod lines;
mod page;
mod patience;
pub mod pool;
mod progress;
pub mod report;
pub mod saved;
pub mod stack;
pub mod symbols;
mod table;
pub mod work;
pub mod worker;

pub use explain::Explained;
pub use page::{life_page, report_page};
pub use progress::Progress;
pub use report::Report;
pub use saved::Saved;
pub use symbols::Symbols;
pub use work::{Job, Only, Request, Work};
