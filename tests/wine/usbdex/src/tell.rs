//! Calls and returns, told.

use wdk_sys::NTSTATUS;

use crate::shared::line::trace;

/// A call, with its first four arguments.
pub fn call(name: &str, [a, b, c, d]: [usize; 4]) {
    trace!("~c {name} {a:x} {b:x} {c:x} {d:x}");
}

/// What a routine returns.
pub fn status(name: &str, status: NTSTATUS) -> NTSTATUS {
    trace!("~r {name} {status:x}");
    status
}

/// A routine that returns nothing is over.
pub fn over(name: &str) {
    trace!("~r {name} 0");
}
