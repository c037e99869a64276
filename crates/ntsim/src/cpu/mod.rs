//! The processor: runs driver code in coroutines on kernel stacks of its own.
//!
//! Driver code leaves its coroutine in three ways: it calls an import, it returns from a callback, or it
//! traps. The simulator answers on its own stack and resumes the coroutine.

mod chkstk;
mod coroutine;
mod thunk;
mod trap;

pub use chkstk::stack_probe;
pub use coroutine::{Call, DriverStack, Left, Resume};
pub use thunk::{THUNKS, thunk_address};
pub use trap::{Trap, TrapKind, install_handlers};
