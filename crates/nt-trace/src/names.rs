//! Symbolic names of the numbers in a trace.

mod status;

pub use status::{ntstatus, ntstatus_value};
