//! Completes a request in its dispatch routine and returns `STATUS_PENDING`.
//!
//! Rule: `PendedCompletedRequest`. Bug check 0xC9/0x23D.
//!
//! On Windows: the I/O manager waits for a completion that was already there.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST, STATUS_PENDING},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let _ = io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST);
        STATUS_PENDING
    }
}

specimens::driver!(Driver);
