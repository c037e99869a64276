//! Fails `IRP_MJ_CLEANUP`.
//!
//! Rule: `MustNotFail`. Bug check 0xC9/0x247.
//!
//! On Windows: nobody looks at the status; what was to be cleaned up stays.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen, io,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn file_request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let cleanup = Request::of(irp).major == io::CLEANUP;
        io::end::<Self>(extension, irp, if cleanup { STATUS_INVALID_DEVICE_REQUEST } else { STATUS_SUCCESS })
    }
}

specimens::driver!(Driver);
