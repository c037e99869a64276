//! Memory descriptor lists. What an MDL describes is mapped already, because kernel and driver are one process.

use core::ffi::c_void;

use wdk_sys::{MDL, PVOID};

const MDL_MAPPED_TO_SYSTEM_VA: i16 = 0x0001;
const MDL_SOURCE_IS_NONPAGED_POOL: i16 = 0x0004;
const MDL_PARTIAL: i16 = 0x0010;
const PAGE: usize = 0x1000;

/// `MmGetMdlVirtualAddress`
///
/// # Safety
/// The MDL is one.
unsafe fn address(mdl: *const MDL) -> usize {
    // SAFETY: the caller's MDL.
    let mdl = unsafe { &*mdl };
    (mdl.StartVa as usize).wrapping_add(mdl.ByteOffset as usize)
}

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iobuildpartialmdl>
pub unsafe extern "C" fn IoBuildPartialMdl(
    source: *mut MDL,
    target: *mut MDL,
    virtual_address: PVOID,
    length: u32,
) {
    // SAFETY: the caller's MDL.
    let start = unsafe { address(source) };
    let begin = virtual_address as usize;
    let skipped = begin.wrapping_sub(start);
    // SAFETY: the caller's MDL.
    let source = unsafe { &*source };
    // SAFETY: the caller's other MDL.
    let target = unsafe { &mut *target };
    let rest = source.ByteCount.wrapping_sub(u32::try_from(skipped).unwrap_or(u32::MAX));
    target.StartVa = (begin & !(PAGE - 1)) as *mut c_void;
    target.ByteOffset = u32::try_from(begin % PAGE).unwrap_or_default();
    target.ByteCount = if length == 0 { rest } else { length };
    target.Process = source.Process;
    target.MdlFlags |= MDL_PARTIAL;
    if source.MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL) != 0 {
        target.MappedSystemVa = (source.MappedSystemVa as usize).wrapping_add(skipped) as *mut c_void;
    }
}

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-mmbuildmdlfornonpagedpool>
pub unsafe extern "C" fn MmBuildMdlForNonPagedPool(mdl: *mut MDL) {
    // SAFETY: the caller's MDL.
    let start = unsafe { address(mdl) };
    // SAFETY: the caller's MDL.
    let mdl = unsafe { &mut *mdl };
    mdl.MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    mdl.MappedSystemVa = start as *mut c_void;
}

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-mmmaplockedpagesspecifycache>
pub unsafe extern "C" fn MmMapLockedPagesSpecifyCache(
    mdl: *mut MDL,
    _mode: i8,
    _cache: i32,
    _requested: PVOID,
    _bug_check_on_failure: u32,
    _priority: u32,
) -> PVOID {
    // SAFETY: the caller's MDL.
    let start = unsafe { address(mdl) };
    // SAFETY: the caller's MDL.
    let mdl = unsafe { &mut *mdl };
    mdl.MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    mdl.MappedSystemVa = start as *mut c_void;
    mdl.MappedSystemVa
}

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-mmunmaplockedpages>
pub const unsafe extern "C" fn MmUnmapLockedPages(_address: PVOID, mdl: *mut MDL) {
    // SAFETY: the caller's MDL.
    let mdl = unsafe { &mut *mdl };
    mdl.MdlFlags &= !MDL_MAPPED_TO_SYSTEM_VA;
}
