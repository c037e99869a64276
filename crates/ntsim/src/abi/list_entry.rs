//! Doubly linked lists.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::mem::Addr;

/// `LIST_ENTRY` (ntdef.h): a link, or the head of a list that is empty when it points at itself.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct LIST_ENTRY {
    pub Flink: Addr,
    pub Blink: Addr,
}

impl LIST_ENTRY {
    /// An empty list whose head lies at `head`.
    #[must_use]
    pub const fn empty(head: Addr) -> Self {
        Self { Flink: head, Blink: head }
    }
}
