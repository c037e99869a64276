//! An URB: fields by their offsets.

// UNSAFETY: an URB is the client's memory, a union that its function selects from.
#![expect(unsafe_code, reason = "works on the client's structures")]

use core::{mem::offset_of, ptr};

use alloc::vec::Vec;

use wdk_sys::_URB_HEADER;

use super::memory::Run;

/// A type that any bytes are a value of.
///
/// # Safety
///
/// Any bytes are.
pub unsafe trait Plain: Copy {}

// SAFETY: a number.
unsafe impl Plain for u8 {}
// SAFETY: a number.
unsafe impl Plain for u16 {}
// SAFETY: a number.
unsafe impl Plain for u32 {}
// SAFETY: a number, and an address as one.
unsafe impl Plain for usize {}
// SAFETY: bytes.
unsafe impl Plain for [u8; 8] {}

/// An URB that the client vouches for: it has the bytes that its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Urb(usize);

impl Urb {
    /// What lies at an address that came with a request. None for NULL.
    pub const fn at(address: usize) -> Option<Self> {
        if address == 0 { None } else { Some(Self(address)) }
    }

    /// Where it is.
    pub const fn address(self) -> usize {
        self.0
    }

    /// The field at an offset, which the caller has checked to be inside.
    pub const fn get<T: Plain>(self, offset: usize) -> T {
        let at: *const T = ptr::with_exposed_provenance(self.0 + offset);
        // SAFETY: the client vouches for the structure, and any bytes are a value.
        unsafe { at.read_unaligned() }
    }

    /// Writes the field at an offset, which the caller has checked to be inside.
    pub const fn set<T: Plain>(self, offset: usize, value: T) {
        let at: *mut T = ptr::with_exposed_provenance_mut(self.0 + offset);
        // SAFETY: as above.
        unsafe { at.write_unaligned(value) };
    }

    /// The bytes that its header says.
    pub fn bytes(self) -> Vec<u8> {
        Run::at(self.0, usize::from(self.length())).copied()
    }

    /// `Hdr.Length`
    pub const fn length(self) -> u16 {
        self.get(offset_of!(_URB_HEADER, Length))
    }

    /// `Hdr.Function`
    pub const fn function(self) -> u16 {
        self.get(offset_of!(_URB_HEADER, Function))
    }

    /// Sets `Hdr.Status`.
    pub const fn set_status(self, usbd: u32) {
        self.set(offset_of!(_URB_HEADER, Status), usbd);
    }
}
