//! What the arena holds: one record for each allocation of a life, freed ones included.

use nt_trace::{ObjectId, ObjectKind};

use super::Addr;

/// Whether the driver may use an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Allocated, and the driver may touch it.
    Live,
    /// Allocated, but the driver gave it away: its pages are inaccessible until it comes back.
    Revoked,
    /// Freed. Its pages stay inaccessible for the rest of the life.
    Freed,
}

/// One allocation.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its name in the trace.
    pub id: ObjectId,
    /// The first byte, as the driver sees it.
    pub start: Addr,
    /// How many bytes were asked for.
    pub length: u64,
    /// The pool tag, or zero.
    pub tag: u32,
    /// Whether the driver may use it.
    pub state: State,
    /// Where the call that allocated it returns to.
    pub allocated_at: Addr,
    /// Where the call that freed it returns to; NULL while it lives.
    pub freed_at: Addr,
    /// First page and number of bytes of the pages it has for itself.
    pub(super) pages: (Addr, u64),
    /// Whether it may be paged out.
    pub pageable: bool,
    /// Whether the driver finds its pages open now.
    pub(super) open: bool,
    /// The user memory that it shows, NULL when it has memory of its own.
    pub(super) alias_of: Addr,
}

impl Object {
    /// Whether `length` bytes from `address` lie in the object.
    #[must_use]
    pub const fn contains(&self, address: Addr, length: u64) -> bool {
        match address.0.checked_sub(self.start.0) {
            Some(offset) => offset <= self.length && length <= self.length - offset,
            None => false,
        }
    }
}

/// What to allocate.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// What it is, for its name in the trace.
    pub kind: ObjectKind,
    /// Size in bytes.
    pub length: u64,
    /// Pool tag, or zero.
    pub tag: u32,
    /// What the memory holds at first.
    pub fill: Fill,
    /// Where the call that allocates returns to.
    pub site: Addr,
}

/// What fresh memory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Zeros.
    Zero,
    /// A pattern that no pointer and no length looks like.
    Poison,
}

impl Fill {
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Zero => 0,
            Self::Poison => 0xCD,
        }
    }
}
