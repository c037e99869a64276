//! A system thread that runs one function.

// UNSAFETY: makes a thread of the kernel's.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::{ffi::c_void, ptr};

use wdk_sys::{
    HANDLE, NTSTATUS, THREAD_ALL_ACCESS,
    ntddk::{PsCreateSystemThread, PsTerminateSystemThread, ZwClose},
};

use super::status::is_success;

unsafe extern "system" {
    /// ntifs.h, which wdk-sys does not bind.
    fn ZwWaitForSingleObject(handle: HANDLE, alertable: u8, timeout: *mut i64) -> NTSTATUS;
    /// An inline function in the headers; Wine exports it as a routine.
    fn PsGetCurrentThread() -> *mut c_void;
}

/// The address of the thread object that runs this.
pub fn current() -> usize {
    // SAFETY: takes nothing, and the object is only compared.
    unsafe { PsGetCurrentThread() }.addr()
}

/// A running thread.
pub struct Thread(HANDLE);

// SAFETY: a kernel handle serves every thread.
unsafe impl Send for Thread {}

impl Thread {
    /// Starts a function in a thread of its own.
    ///
    /// # Errors
    ///
    /// The kernel's.
    pub fn start(body: fn()) -> Result<Self, NTSTATUS> {
        let mut handle = ptr::null_mut();
        // SAFETY: the routine takes the function pointer that it is given.
        let status = unsafe {
            PsCreateSystemThread(
                &raw mut handle,
                THREAD_ALL_ACCESS,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                Some(run),
                body as *mut c_void,
            )
        };
        if is_success(status) { Ok(Self(handle)) } else { Err(status) }
    }

    /// Waits until the thread is no more.
    pub fn join(self) {
        // SAFETY: the handle is open.
        let _ = unsafe { ZwWaitForSingleObject(self.0, 0, ptr::null_mut()) };
        // SAFETY: it is closed once.
        let _ = unsafe { ZwClose(self.0) };
    }
}

unsafe extern "C" fn run(context: *mut c_void) {
    // SAFETY: `start` gave a function of this type.
    let body = unsafe { core::mem::transmute::<*mut c_void, fn()>(context) };
    body();
    // SAFETY: the thread is one of PsCreateSystemThread.
    let _ = unsafe { PsTerminateSystemThread(0) };
}
