//! Memory of others: what they gave a pointer to.

// UNSAFETY: reads and writes where a caller's pointer says.
#![expect(unsafe_code, reason = "works on others' memory")]

use alloc::vec::Vec;
use core::{ptr, slice};

use wdk_sys::{MDL, MDL_MAPPED_TO_SYSTEM_VA, MDL_SOURCE_IS_NONPAGED_POOL};

use crate::shared::allocator::paged;

/// MDLs of a chain at most: one that leads back into itself has no end.
const LONGEST_CHAIN: usize = 1 << 16;

/// A contiguous piece of somebody's memory, which stays where it is while it is used.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    start: *mut u8,
    length: usize,
}

// SAFETY: kernel memory is every thread's.
unsafe impl Send for Run {}

impl Run {
    /// `length` bytes from an address that the caller of this driver vouches for.
    pub const fn at(address: usize, length: usize) -> Self {
        Self { start: ptr::with_exposed_provenance_mut(address), length }
    }

    /// Bytes of it.
    pub const fn length(self) -> usize {
        self.length
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: whoever made it vouches for the memory.
        unsafe { slice::from_raw_parts(self.start, self.length) }
    }

    /// Its bytes, to be written.
    pub const fn bytes_mut(&mut self) -> &mut [u8] {
        if self.length == 0 {
            return &mut [];
        }
        // SAFETY: as above; the transfer is alone with its buffer.
        unsafe { slice::from_raw_parts_mut(self.start, self.length) }
    }

    /// A copy of its bytes.
    pub fn copied(self) -> Vec<u8> {
        self.bytes().to_vec()
    }
}

/// The pieces that an MDL describes, and with `chained` those of the MDLs that follow it.
pub fn mdl_runs(mdl: usize, chained: bool) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut at: *const MDL = ptr::with_exposed_provenance(mdl);
    while !at.is_null() && runs.len() < LONGEST_CHAIN {
        // SAFETY: an MDL of the client's, which lives as long as the request.
        let one = unsafe { &*at };
        let mapped =
            u32::from(one.MdlFlags.cast_unsigned()) & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL);
        let address = if mapped != 0 && !one.MappedSystemVa.is_null() {
            one.MappedSystemVa.addr()
        } else {
            // Wine's MDLs of user buffers: the pages are where they are in this process.
            one.StartVa.addr() + one.ByteOffset as usize
        };
        if one.ByteCount > 0 {
            runs.push(Run::at(address, one.ByteCount as usize));
        }
        at = if chained { one.Next } else { ptr::null() };
    }
    runs
}

/// Paged memory for an answer that whoever asked frees, filled with these units. NULL: there is none.
pub fn answer(units: &[u16]) -> usize {
    let size = size_of_val(units).max(2);
    let memory: *mut u16 = paged(size).cast();
    if !memory.is_null() {
        // SAFETY: the memory has that size, and is new.
        unsafe { ptr::copy_nonoverlapping(units.as_ptr(), memory, units.len()) };
    }
    memory.expose_provenance()
}

/// Paged memory with one structure, as [`answer`].
pub fn answer_with<T: Copy>(value: T) -> usize {
    let memory: *mut T = paged(size_of::<T>()).cast();
    if !memory.is_null() {
        // SAFETY: the memory has that size and pool's alignment.
        unsafe { memory.write(value) };
    }
    memory.expose_provenance()
}
