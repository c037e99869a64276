//! Threads of the driver's own.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::{ffi::c_void, ptr};

use wdk_sys::{
    _KWAIT_REASON::Executive,
    _MODE::KernelMode,
    NT_SUCCESS,
    ntddk::{
        KeWaitForSingleObject, ObReferenceObjectByHandle, ObfDereferenceObject, PsCreateSystemThread,
        PsTerminateSystemThread, ZwClose,
    },
};

/// Does something in a thread of its own and waits for the thread's end.
pub fn in_a_thread(what: fn()) {
    let mut handle = ptr::null_mut();
    let none = ptr::null_mut::<c_void>();
    let context = what as *mut c_void;
    // SAFETY: at PASSIVE_LEVEL; the routine takes a function as its context.
    let status = unsafe {
        PsCreateSystemThread(&raw mut handle, 0, none.cast(), none, none.cast(), Some(routine), context)
    };
    if !NT_SUCCESS(status) {
        return;
    }
    let mut thread = ptr::null_mut();
    // SAFETY: the handle is the thread's.
    let status = unsafe {
        ObReferenceObjectByHandle(
            handle,
            0,
            ptr::null_mut(),
            KernelMode as _,
            &raw mut thread,
            ptr::null_mut(),
        )
    };
    // SAFETY: the handle is open.
    let _ = unsafe { ZwClose(handle) };
    if NT_SUCCESS(status) {
        // SAFETY: the thread is referenced, and this one at PASSIVE_LEVEL.
        let _ = unsafe { KeWaitForSingleObject(thread, Executive, KernelMode as _, 0, ptr::null_mut()) };
        // SAFETY: it was referenced just now.
        let _ = unsafe { ObfDereferenceObject(thread) };
    }
}

unsafe extern "C" fn routine(context: *mut c_void) {
    // SAFETY: `in_a_thread` passes a function.
    let what = unsafe { core::mem::transmute::<*mut c_void, fn()>(context) };
    what();
    // SAFETY: a thread of this driver.
    let _ = unsafe { PsTerminateSystemThread(0) };
}
