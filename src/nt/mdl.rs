//! Memory descriptor lists: the caller's buffer as the I/O manager locked it, and parts of it.
//!
//! Pages: [IoAllocateMdl](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioallocatemdl),
//! [IoBuildPartialMdl](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iobuildpartialmdl),
//! [MmGetSystemAddressForMdlSafe](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-mmgetsystemaddressformdlsafe),
//! [MmPrepareMdlForReuse](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-mmpreparemdlforreuse)

// UNSAFETY: an MDL is the kernel's, with an array of pages behind it.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{
    mem::offset_of,
    ptr::{self, NonNull},
};

use usbclient_protocol::status::{STATUS_INSUFFICIENT_RESOURCES, Status};
use wdk_sys::{
    _MEMORY_CACHING_TYPE, _MM_PAGE_PRIORITY, _MODE, MDL, MDL_MAPPED_TO_SYSTEM_VA,
    MDL_PARTIAL_HAS_BEEN_MAPPED, MDL_SOURCE_IS_NONPAGED_POOL,
    ntddk::{IoAllocateMdl, IoBuildPartialMdl, IoFreeMdl, MmMapLockedPagesSpecifyCache, MmUnmapLockedPages},
};

use super::{irql::AtMostDispatch, narrow};

const _: () = {
    assert!(size_of::<MDL>() == 48);
    assert!(offset_of!(MDL, MdlFlags) == 10);
    assert!(offset_of!(MDL, StartVa) == 32);
    assert!(offset_of!(MDL, ByteCount) == 40);
    assert!(offset_of!(MDL, ByteOffset) == 44);
};

/// `MdlMappingNoExecute` of `wdm.h`: a bit of the priority, so a macro that the bindings do not have.
const MDL_MAPPING_NO_EXECUTE: _MM_PAGE_PRIORITY::Type = 0x4000_0000;

/// `MmGetSystemAddressForMdlSafe`: maps the pages for this driver, not executable. The mapping ends when
/// whoever locked the pages unlocks them.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`: there is no room for the mapping.
///
/// # Safety
///
/// `mdl` is a valid MDL with locked pages, which nobody else maps at the same time.
pub(super) unsafe fn map(mdl: NonNull<MDL>, _irql: &AtMostDispatch) -> Result<(), Status> {
    // SAFETY: the caller's MDL is valid.
    if unsafe { mapped(mdl) }.is_some() {
        return Ok(());
    }
    // SAFETY: the pages are locked, IRQL is DISPATCH_LEVEL at most, and a failure is an answer.
    let address = unsafe {
        MmMapLockedPagesSpecifyCache(
            mdl.as_ptr(),
            const { narrow::i8(_MODE::KernelMode) },
            _MEMORY_CACHING_TYPE::MmCached,
            ptr::null_mut(),
            0,
            const { _MM_PAGE_PRIORITY::NormalPagePriority | MDL_MAPPING_NO_EXECUTE },
        )
    };
    if address.is_null() { Err(STATUS_INSUFFICIENT_RESOURCES) } else { Ok(()) }
}

/// Where this driver sees the pages, if they are mapped, as `MmGetSystemAddressForMdlSafe` finds out.
///
/// # Safety
///
/// `mdl` is a valid MDL.
pub(super) unsafe fn mapped(mdl: NonNull<MDL>) -> Option<NonNull<u8>> {
    const IS_MAPPED: u32 = MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL;
    // SAFETY: the caller's MDL is valid.
    let description = unsafe { mdl.as_ref() };
    if u32::from(description.MdlFlags.cast_unsigned()) & IS_MAPPED == 0 {
        return None;
    }
    NonNull::new(description.MappedSystemVa.cast())
}

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

    /// Makes `next` follow what [`Self::describe`] answered, in the same chain, until the list is
    /// prepared for reuse.
    pub(super) const fn chain(&mut self, next: NonNull<MDL>) {
        // SAFETY: owned, and not below yet.
        unsafe { self.mdl.as_mut() }.Next = next.as_ptr();
    }

    /// `MmPrepareMdlForReuse`: undoes the mapping that a lower driver may have asked for. Nobody uses
    /// what [`Self::describe`] answered any more.
    pub fn prepare_for_reuse(&mut self, _irql: &AtMostDispatch) {
        self.unmap();
        // SAFETY: owned, and not in use. Whoever walks the list finds nothing behind it.
        unsafe { self.mdl.as_mut() }.Next = ptr::null_mut();
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
