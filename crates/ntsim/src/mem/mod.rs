//! The machine's memory: one arena, mapped twice.

mod addr;

pub use addr::Addr;
