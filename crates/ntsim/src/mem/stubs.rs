//! Code of the simulator's behind the image: where a copy of an instruction can run.

use std::{io, ptr::NonNull};

use super::{Addr, BadAccess, IMAGE_SIZE, KERNEL_BASE, Mem, PAGE_SIZE, Protection};

/// Where such code lies: in reach of the image's relative addresses, and behind the largest image.
pub const STUBS_BASE: Addr = Addr(KERNEL_BASE.0 + IMAGE_SIZE / 2);
/// How much of it there can be, in bytes.
pub const STUBS_SIZE: u64 = IMAGE_SIZE / 2 - PAGE_SIZE;

impl Mem {
    /// Puts code at [`STUBS_BASE`], in place of what was there.
    ///
    /// # Errors
    /// What the host says, or that it is too much.
    pub fn place_stubs(&mut self, code: &[u8]) -> io::Result<()> {
        let length = code.len() as u64;
        if length > STUBS_SIZE {
            return Err(io::Error::other("more stubs than there is room for"));
        }
        self.kernel.bytes_mut(STUBS_BASE, length).copy_from_slice(code);
        self.kernel.protect(STUBS_BASE, length.next_multiple_of(PAGE_SIZE), Protection::ReadExecute)
    }

    /// Where the simulator sees a range of the image, for as long as this memory lives.
    ///
    /// # Errors
    /// When the range is not in the image.
    pub fn host_view_of_image(&mut self, address: Addr, length: u64) -> Result<NonNull<u8>, BadAccess> {
        let inside = self.image.is_some_and(|(base, size)| {
            address >= base && address.0.checked_add(length).is_some_and(|end| end <= base.0 + size)
        });
        if !inside {
            return Err(BadAccess::Wild { address, length });
        }
        Ok(NonNull::from(self.kernel.bytes_mut(address, length)).cast())
    }
}
