//! Memory and code that may be paged out.

// UNSAFETY: puts code into a section of its own.
#![expect(unsafe_code, reason = "names a section, and calls the kernel")]

use core::{
    ffi::c_void,
    mem::MaybeUninit,
    ptr,
    sync::atomic::{AtomicU32, Ordering},
};

use wdk_sys::{
    DEVICE_OBJECT, IRP, NTSTATUS, STATUS_MORE_PROCESSING_REQUIRED,
    ntddk::{ExDeletePagedLookasideList, ExFreePool, ExInitializePagedLookasideList},
};

use super::event::set;

/// Counts the calls of pageable code, so that no call can be left out.
static CALLS: AtomicU32 = AtomicU32::new(0);

/// Counts one, in pageable code.
// SAFETY: the section holds code; the loader maps it executable.
#[unsafe(link_section = "PAGE")]
#[inline(never)]
pub extern "C" fn count() {
    CALLS.fetch_add(1, Ordering::Relaxed);
}

/// A completion routine in pageable code: keeps the IRP and signals.
///
/// # Safety
///
/// Called by the I/O manager; the context is an event.
// SAFETY: as above.
#[unsafe(link_section = "PAGE")]
#[inline(never)]
pub unsafe extern "C" fn came_back(_: *mut DEVICE_OBJECT, _: *mut IRP, context: *mut c_void) -> NTSTATUS {
    // It must not be the same code as another completion routine, which the linker would keep one of.
    CALLS.fetch_add(2, Ordering::Relaxed);
    set(context.cast());
    STATUS_MORE_PROCESSING_REQUIRED
}

/// `ExFreePool`
pub fn free_untagged(memory: *mut c_void) {
    // SAFETY: from `allocate_paged`, and not freed before.
    unsafe { ExFreePool(memory) };
}

/// `PAGED_LOOKASIDE_LIST`, of which only where the routines lie is of interest.
#[repr(C, align(64))]
struct List {
    before: [u8; 36],
    kind: i32,
    tag: u32,
    size: u32,
    allocate: Option<unsafe extern "C" fn(i32, usize, u32) -> *mut c_void>,
    free: Option<unsafe extern "C" fn(*mut c_void)>,
    after: [u8; 64],
}

/// Makes a paged lookaside list, takes an entry from it as `how` does, and gives the entry back.
pub fn with_paged_list(how: impl FnOnce(&mut dyn FnMut())) {
    let mut list = MaybeUninit::<List>::zeroed();
    let list = list.as_mut_ptr();
    // SAFETY: there is room for it.
    unsafe { ExInitializePagedLookasideList(list.cast(), None, None, 0, 64, super::pool::TAG, 0) };
    let mut entry = ptr::null_mut();
    how(&mut || {
        // SAFETY: it is initialised.
        let List { kind, tag, size, allocate, .. } = unsafe { &*list };
        if let Some(allocate) = allocate {
            // What ExAllocateFromPagedLookasideList does when nothing is on the list, which is inline.
            // SAFETY: the list's own routine with the list's own numbers.
            entry = unsafe { allocate(*kind, *size as usize, *tag) };
        }
    });
    // SAFETY: it is initialised.
    if let Some(free) = unsafe { (*list).free }.filter(|_| !entry.is_null()) {
        // SAFETY: the entry is the list's.
        unsafe { free(entry) };
    }
    // SAFETY: nothing of it is in use.
    unsafe { ExDeletePagedLookasideList(list.cast()) };
}
