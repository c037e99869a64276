//! Marks a request pending and returns another status.
//!
//! Rule: `MarkIrpPending`. Bug check 0xC9/0x23E.
//!
//! On Windows: the I/O manager completes the request twice over: once for the return value, once for the mark.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.mark_pending();
        io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST)
    }
}

specimens::driver!(Driver);
