//! Typed kernel trace and the rules that judge it.
#![forbid(unsafe_code)]

pub mod event;
pub mod names;
pub mod object;
pub mod value;

pub use event::{Event, EventKind, Tag, VERSION};
pub use object::{ObjectId, ObjectKind};
pub use value::{Arg, Args, NtStatus, PoolTag, Site, Text};
