//! Completes a request twice.
//!
//! Rule: `DoubleCompletion`. Bug check 0x44.
//!
//! On Windows: `MULTIPLE_IRP_COMPLETE_REQUESTS`, at once or when the IRP's memory is used again.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST);
        irp.finish();
        status
    }
}

specimens::driver!(Driver);
