//! The heap: nonpaged pool. Wine 8 has no `ExAllocatePool2`.

// UNSAFETY: declares a routine, and an allocator is unsafe by its trait.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::{
    alloc::{GlobalAlloc, Layout},
    ffi::c_void,
    sync::atomic::{AtomicUsize, Ordering},
};

use wdk_sys::{
    _POOL_TYPE::{NonPagedPoolNx, PagedPool},
    POOL_TYPE,
    ntddk::ExFreePoolWithTag,
};

unsafe extern "system" {
    /// Deprecated, so wdk-sys does not bind it.
    fn ExAllocatePoolWithTag(kind: POOL_TYPE, bytes: usize, tag: u32) -> *mut c_void;
}

/// `UsbW`
const TAG: u32 = u32::from_le_bytes(*b"UsbW");
/// What pool memory is aligned to (page `wdm/nf-wdm-exallocatepoolwithtag`).
const ALIGNMENT: usize = 16;

/// Allocations that are not freed.
static LEFT: AtomicUsize = AtomicUsize::new(0);

/// Nonpaged pool.
pub struct Pool;

impl Pool {
    /// How many allocations are not freed.
    pub fn left() -> usize {
        LEFT.load(Ordering::Acquire)
    }
}

// SAFETY: the pool's memory is the caller's until it is freed, and nothing unwinds.
unsafe impl GlobalAlloc for Pool {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > ALIGNMENT {
            return core::ptr::null_mut();
        }
        // SAFETY: the size is not zero, as the trait promises.
        let memory = unsafe { ExAllocatePoolWithTag(NonPagedPoolNx, layout.size(), TAG) };
        LEFT.fetch_add(usize::from(!memory.is_null()), Ordering::Release);
        memory.cast()
    }

    unsafe fn dealloc(&self, pointer: *mut u8, _: Layout) {
        LEFT.fetch_sub(1, Ordering::Release);
        // SAFETY: the memory came from `alloc`.
        unsafe { ExFreePoolWithTag(pointer.cast(), TAG) };
    }
}

/// Paged memory for an answer that whoever asked frees. NULL: there is none.
pub fn paged(bytes: usize) -> *mut c_void {
    // SAFETY: the size is not zero.
    unsafe { ExAllocatePoolWithTag(PagedPool, bytes.max(1), TAG) }
}
