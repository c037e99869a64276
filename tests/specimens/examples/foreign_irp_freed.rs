//! Frees an IRP that the I/O manager made.
//!
//! Rule: `IoAllocateFree`.
//!
//! On Windows: the IRP is freed a second time when it is completed.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen, own_irp,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        Self::release(extension, Request::of(irp));
        own_irp::free(irp);
        STATUS_INVALID_DEVICE_REQUEST
    }
}

specimens::driver!(Driver);
