//! Memory descriptor lists: the caller's buffer as the I/O manager locked it, and parts of it.
//!
//! Pages: [IoAllocateMdl](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioallocatemdl),
//! [IoBuildPartialMdl](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iobuildpartialmdl),
//! [MmPrepareMdlForReuse](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-mmpreparemdlforreuse)

// UNSAFETY: an MDL is the kernel's, with an array of pages behind it.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{
    mem::offset_of,
    ptr::{self, NonNull},
};

use usbclient_protocol::status::{STATUS_INSUFFICIENT_RESOURCES, Status};
use wdk_sys::{
    MDL, MDL_PARTIAL_HAS_BEEN_MAPPED,
    ntddk::{IoAllocateMdl, IoBuildPartialMdl, IoFreeMdl, MmUnmapLockedPages},
};

use super::irql::AtMostDispatch;

const _: () = {
    assert!(size_of::<MDL>() == 48);
    assert!(offset_of!(MDL, MdlFlags) == 10);
    assert!(offset_of!(MDL, StartVa) == 32);
    assert!(offset_of!(MDL, ByteCount) == 40);
    assert!(offset_of!(MDL, ByteOffset) == 44);
};

/// An MDL of this driver's own that describes a part of another one.
pub struct PartialMdl {
    mdl: NonNull<MDL>,
    capacity: u32,
}

// SAFETY: owns a nonpaged structure that belongs to no thread.
unsafe impl Send for PartialMdl {}

impl PartialMdl {
    /// Room for a part of up to `capacity` bytes, wherever in a page it begins.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`: there is no memory.
    pub fn new(capacity: u32, _irql: &AtMostDispatch) -> Result<Self, Status> {
        // The address decides how many pages the part may touch: the last byte of a page is worst.
        let worst_start = ptr::without_provenance_mut(0xFFF);
        // SAFETY: no memory is touched by the address, and no IRP is named.
        let mdl = unsafe { IoAllocateMdl(worst_start, capacity, 0, 0, ptr::null_mut()) };
        NonNull::new(mdl).map(|mdl| Self { mdl, capacity }).ok_or(STATUS_INSUFFICIENT_RESOURCES)
    }

    /// Describes `length` bytes of `source`, beginning `offset` bytes into it.
    ///
    /// Answers `None` if that is no part of the source, or more than there is room for.
    ///
    /// # Safety
    ///
    /// `source` is an MDL with locked pages that stays valid while the answer is in use. Nobody
    /// uses what an earlier call answered.
    pub(super) unsafe fn describe(
        &mut self,
        source: NonNull<MDL>,
        offset: u32,
        length: u32,
        irql: &AtMostDispatch,
    ) -> Option<NonNull<MDL>> {
        // SAFETY: the caller's MDL is valid.
        let description = unsafe { source.as_ref() };
        let end = offset.checked_add(length)?;
        // A length of zero means the rest of the source to IoBuildPartialMdl.
        if length == 0 || length > self.capacity || end > description.ByteCount {
            return None;
        }
        // MmGetMdlVirtualAddress, an index for IoBuildPartialMdl, never followed here.
        let address = description
            .StartVa
            .wrapping_byte_add(description.ByteOffset as usize)
            .wrapping_byte_add(offset as usize);
        self.prepare_for_reuse(irql);
        // SAFETY: the part lies within the source, and the target has room for its pages.
        unsafe { IoBuildPartialMdl(source.as_ptr(), self.mdl.as_ptr(), address, length) };
        Some(self.mdl)
    }

    /// `MmPrepareMdlForReuse`: undoes the mapping that a lower driver may have asked for. Nobody uses
    /// what [`Self::describe`] answered any more.
    pub fn prepare_for_reuse(&mut self, _irql: &AtMostDispatch) {
        self.unmap();
    }

    fn unmap(&mut self) {
        // SAFETY: owned, and not in use, which `describe`'s caller promises.
        let mdl = unsafe { self.mdl.as_ref() };
        if u32::from(mdl.MdlFlags.cast_unsigned()) & MDL_PARTIAL_HAS_BEEN_MAPPED == 0 {
            return;
        }
        // SAFETY: the flag says that the pages are mapped at this address.
        unsafe { MmUnmapLockedPages(mdl.MappedSystemVa, self.mdl.as_ptr()) };
    }
}

impl Drop for PartialMdl {
    fn drop(&mut self) {
        self.unmap();
        // SAFETY: owned, allocated by IoAllocateMdl, and freed once.
        unsafe { IoFreeMdl(self.mdl.as_ptr()) };
    }
}
