//! The few kernel routines that the drivers call, with the parameters that never change filled in.

mod event;
mod irql;
mod mutexes;
mod objects;
mod paged;
mod pool;
mod questions;
mod regions;
mod remove_lock;
mod spin_lock;
mod threads;
mod timer;
mod tracing;
mod wmi;

pub use event::*;
pub use irql::*;
pub use mutexes::*;
pub use objects::*;
pub use paged::*;
pub use pool::*;
pub use questions::*;
pub use regions::*;
pub use remove_lock::*;
pub use spin_lock::*;
pub use threads::*;
pub use timer::*;
pub use tracing::*;
pub use wmi::*;
