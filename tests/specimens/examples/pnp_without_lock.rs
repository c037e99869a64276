//! Sends `IRP_MN_QUERY_CAPABILITIES` down without the remove lock.
//!
//! Rule: `RemoveLockForward`.
//!
//! On Windows: removal does not wait for the request.
#![no_std]

use specimens::{
    Extension, Request, Specimen, driver, kernel, pnp,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn acquire(extension: *mut Extension, request: Request) -> NTSTATUS {
        if request.major == driver::PNP && request.minor == pnp::QUERY_CAPABILITIES {
            STATUS_SUCCESS
        } else {
            kernel::acquire(extension, request)
        }
    }

    fn release(extension: *mut Extension, request: Request) {
        if !(request.major == driver::PNP && request.minor == pnp::QUERY_CAPABILITIES) {
            kernel::release(extension, request.tag);
        }
    }
}

specimens::driver!(Driver);
