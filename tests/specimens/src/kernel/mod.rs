//! The few kernel routines that the drivers call, with the parameters that never change filled in.

mod event;
mod irql;
mod objects;
mod pool;
mod remove_lock;
mod spin_lock;

pub use event::*;
pub use irql::*;
pub use objects::*;
pub use pool::*;
pub use remove_lock::*;
pub use spin_lock::*;
