//! Addresses as the driver sees them.

use std::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// An address in the driver's view of memory. Never a host pointer: the simulator reaches what lies there
/// only through [`Mem`](super::Mem), which checks it first.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(transparent)]
pub struct Addr(pub u64);

impl Addr {
    /// The NULL pointer.
    pub const NULL: Self = Self(0);

    /// Whether this is the NULL pointer.
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }

    /// The address `bytes` further up. Wraps as pointer arithmetic of the processor does.
    #[must_use]
    pub const fn add(self, bytes: u64) -> Self {
        Self(self.0.wrapping_add(bytes))
    }

    /// The address `bytes` further down.
    #[must_use]
    pub const fn sub(self, bytes: u64) -> Self {
        Self(self.0.wrapping_sub(bytes))
    }

    /// The address of the field at `offset`, as `offset_of!` gives it.
    #[must_use]
    pub const fn field(self, offset: usize) -> Self {
        self.add(offset as u64)
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}
