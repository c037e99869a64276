//! Pool memory, and what can be done to it.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::ffi::c_void;

use wdk_sys::{
    SIZE_T,
    ntddk::{ExAllocatePool2, ExFreePoolWithTag},
};

/// The pool tag of the specimens.
pub const TAG: u32 = u32::from_le_bytes(*b"Spcm");
/// `POOL_FLAG_NON_PAGED`.
const NON_PAGED: u64 = 0x40;
/// `POOL_FLAG_PAGED`.
const PAGED: u64 = 0x100;

/// `ExAllocatePool2` of nonpaged memory, all zero. NULL when there is none.
#[must_use]
pub fn allocate(bytes: usize) -> *mut c_void {
    // SAFETY: any size is allowed.
    unsafe { ExAllocatePool2(NON_PAGED, bytes as _, TAG) }
}

/// `ExFreePoolWithTag`.
pub fn free(memory: *mut c_void) {
    // SAFETY: from `allocate`, and not freed before.
    unsafe { ExFreePoolWithTag(memory, TAG) };
}

/// Writes one byte, wherever that is.
pub fn poke(memory: *mut c_void, offset: usize, byte: u8) {
    // SAFETY: it is the specimen's business where it writes.
    unsafe { memory.cast::<u8>().wrapping_add(offset).write_volatile(byte) };
}

/// Reads one byte, wherever that is.
#[must_use]
pub fn peek(memory: *const c_void, offset: usize) -> u8 {
    // SAFETY: it is the specimen's business where it reads.
    unsafe { memory.cast::<u8>().wrapping_add(offset).read_volatile() }
}

/// `ExAllocatePool2` of paged memory. NULL when there is none.
#[must_use]
pub fn allocate_paged(bytes: usize) -> *mut c_void {
    // SAFETY: any size is allowed.
    unsafe { ExAllocatePool2(PAGED, bytes as _, TAG) }
}

// Retired, so wdk-sys leaves it out.
unsafe extern "C" {
    fn ExAllocatePoolWithTag(kind: i32, bytes: SIZE_T, tag: u32) -> *mut c_void;
}

/// `ExAllocatePoolWithTag` of nonpaged memory that is not executable. NULL when there is none.
#[must_use]
pub fn allocate_deprecated(bytes: usize) -> *mut c_void {
    // SAFETY: any size is allowed. 512 is NonPagedPoolNx.
    unsafe { ExAllocatePoolWithTag(512, bytes as _, TAG) }
}

/// Calls itself until `depth` kilobytes of stack are used.
#[must_use]
pub fn use_stack(depth: usize) -> usize {
    let mut kilobyte = [0_u8; 1024];
    poke(kilobyte.as_mut_ptr().cast(), depth % 1024, 1);
    let below = if depth == 0 { 0 } else { use_stack(depth - 1) };
    below + usize::from(peek(kilobyte.as_ptr().cast(), depth % 1024))
}

/// Allocates paged memory and keeps it in the extension, if none is there.
pub fn keep_paged(extension: *mut crate::Extension) {
    // SAFETY: the extension is valid.
    let memory = unsafe { &mut (*extension).memory };
    if memory.is_null() {
        *memory = allocate_paged(64);
    }
}

/// Reads a byte of the memory that the extension keeps.
pub fn read_kept(extension: *mut crate::Extension) {
    // SAFETY: the extension is valid.
    let memory = unsafe { (*extension).memory };
    if !memory.is_null() {
        let _ = peek(memory, 0);
    }
}
