//! The processor: runs driver code in coroutines on kernel stacks of its own.
//!
//! Driver code leaves its coroutine in three ways: it calls an import, it returns from a callback, or it
//! traps. The simulator answers on its own stack and resumes the coroutine.

mod breakpoint;
mod chkstk;
mod context;
mod coroutine;
mod count;
mod exception;
mod point;
mod thunk;
mod trap;
mod watch;

pub use breakpoint::{Breakpoints, MOST_POINTS};
pub use chkstk::stack_probe;
pub use context::{Interrupted, Register};
pub use coroutine::{Call, DriverStack, Left, MAX_ARGUMENTS, Resume};
pub use count::{count_instructions, take_instructions, take_places};
pub use exception::{Cause, Context, Interruption, RECORD_ROOM, go_on_with, interruption, record_room};
pub use point::{STUB_SIZE, copy_address, stub};
pub use thunk::{THUNKS, thunk_address};
pub use trap::{Answer, FaultHandler, Trap, TrapKind, install_handlers, step};
pub use watch::{UserAccess, has_accesses, take_accesses, watch_code};
