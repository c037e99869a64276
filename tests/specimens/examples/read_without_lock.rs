//! Sends `IRP_MJ_READ` down without its remove lock.
//!
//! Rule: `RemoveLockForwardRead`.
//!
//! On Windows: the device may be removed and its extension freed while the request is on its way.
#![no_std]

use specimens::{
    Extension, Request, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn acquire(extension: *mut Extension, request: Request) -> NTSTATUS {
        if request.major == io::READ { STATUS_SUCCESS } else { kernel::acquire(extension, request) }
    }

    fn release(extension: *mut Extension, request: Request) {
        if request.major != io::READ {
            kernel::release(extension, request.tag);
        }
    }
}

specimens::driver!(Driver);
