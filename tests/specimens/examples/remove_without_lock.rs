//! Sends `IRP_MN_REMOVE_DEVICE` down before it takes the remove lock.
//!
//! Rule: `RemoveLockMnRemove2`.
//!
//! On Windows: the page asks for the lock before anything else is done with the IRP.
#![no_std]

use specimens::{
    Extension, Request, Specimen, driver, kernel, pnp,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn acquire(extension: *mut Extension, request: Request) -> NTSTATUS {
        let removal = request.major == driver::PNP && request.minor == pnp::REMOVE;
        if removal { STATUS_SUCCESS } else { kernel::acquire(extension, request) }
    }

    fn wait_for_others(extension: *mut Extension, request: Request) {
        let _ = kernel::acquire(extension, request);
        kernel::release_and_wait(extension, request.tag);
    }
}

specimens::driver!(Driver);
