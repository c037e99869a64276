//! Counted strings.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::mem::Addr;

/// `UNICODE_STRING` (ntdef.h). Lengths are bytes, without a terminator.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct UNICODE_STRING {
    pub Length: u16,
    pub MaximumLength: u16,
    _Pad: u32,
    pub Buffer: Addr,
}

impl UNICODE_STRING {
    /// `length` bytes of text in a buffer of `maximum` bytes.
    #[must_use]
    pub const fn new(length: u16, maximum: u16, buffer: Addr) -> Self {
        Self { Length: length, MaximumLength: maximum, _Pad: 0, Buffer: buffer }
    }
}
