//! The processor: runs driver code in coroutines on kernel stacks of its own.
//!
//! Driver code leaves its coroutine in three ways: it calls an import, it returns from a callback, or it
//! traps. The simulator answers on its own stack and resumes the coroutine.

mod breakpoint;
mod chkstk;
mod context;
mod coroutine;
mod thunk;
mod trap;

pub use chkstk::stack_probe;
pub use context::{Interrupted, Register};
pub use coroutine::{Call, DriverStack, Left, Resume};
pub use thunk::{THUNKS, thunk_address};
pub use trap::{Answer, FaultHandler, Trap, TrapKind, install_handlers, step};
