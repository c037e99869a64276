//! Opens a file during its initialisation and closes it when the adapter is halted.
//!
//! Rule: `NdisFileLeftOpen`.
//!
//! On Windows: nothing that a page names; the close is not valid any more.
#![no_std]

use core::{
    ffi::c_void,
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

use specimens::miniport::{Initialising, Miniport, NdisStatus, SUCCESS, file};

struct Driver;

static OPEN: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

impl Miniport for Driver {
    fn initialise(_running: &Initialising) -> NdisStatus {
        OPEN.store(file::open(), Ordering::Release);
        SUCCESS
    }

    fn halt() {
        let handle = OPEN.swap(ptr::null_mut(), Ordering::AcqRel);
        if !handle.is_null() {
            file::close(handle);
        }
    }
}

specimens::miniport!(Driver);
