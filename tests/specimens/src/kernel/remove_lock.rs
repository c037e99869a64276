//! The remove lock.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::ffi::c_void;

use wdk_sys::{
    IO_REMOVE_LOCK, NTSTATUS,
    ntddk::{
        IoAcquireRemoveLockEx, IoInitializeRemoveLockEx, IoReleaseRemoveLockAndWaitEx, IoReleaseRemoveLockEx,
    },
};

use super::pool::TAG;
use crate::{Extension, Request};

/// The size of a remove lock, as the macros pass it.
pub const LOCK_SIZE: u32 = size_of::<IO_REMOVE_LOCK>() as u32;

/// `IoAcquireRemoveLock` in a request's name.
#[must_use]
pub fn acquire(extension: *mut Extension, request: Request) -> NTSTATUS {
    // SAFETY: the extension is valid and its lock initialised.
    let lock = unsafe { &raw mut (*extension).lock };
    // SAFETY: as above. The file name is only for checked builds.
    unsafe { IoAcquireRemoveLockEx(lock, request.tag, c"".as_ptr(), 0, LOCK_SIZE) }
}

/// `IoReleaseRemoveLock` in a tag's name.
pub fn release(extension: *mut Extension, tag: *mut c_void) {
    // SAFETY: the extension is valid and its lock initialised.
    let lock = unsafe { &raw mut (*extension).lock };
    // SAFETY: as above.
    unsafe { IoReleaseRemoveLockEx(lock, tag, LOCK_SIZE) };
}

/// `IoReleaseRemoveLockAndWait` in a tag's name.
pub fn release_and_wait(extension: *mut Extension, tag: *mut c_void) {
    // SAFETY: the extension is valid and its lock initialised.
    let lock = unsafe { &raw mut (*extension).lock };
    // SAFETY: as above.
    unsafe { IoReleaseRemoveLockAndWaitEx(lock, tag, LOCK_SIZE) };
}

/// `IoInitializeRemoveLock`.
pub fn initialise_lock(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let lock = unsafe { &raw mut (*extension).lock };
    // SAFETY: room in the device extension.
    unsafe { IoInitializeRemoveLockEx(lock, TAG, 0, 0, LOCK_SIZE) };
}

/// `IoInitializeRemoveLock` of the second lock.
pub fn initialise_second_lock(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let lock = unsafe { &raw mut (*extension).second_lock };
    // SAFETY: room in the device extension.
    unsafe { IoInitializeRemoveLockEx(lock, TAG, 0, 0, LOCK_SIZE) };
}
