//! Returns `STATUS_SUCCESS` and forgets the request.
//!
//! Rule: `IrpProcessingComplete`. Bug check 0xC9/0x226.
//!
//! On Windows: the caller waits for ever.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        Self::release(extension, Request::of(irp));
        STATUS_SUCCESS
    }
}

specimens::driver!(Driver);
