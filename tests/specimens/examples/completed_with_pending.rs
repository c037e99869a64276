//! Completes a request with `STATUS_PENDING`.
//!
//! Rule: `CompleteRequestStatusCheck`. Bug check 0xC9/0x06.
//!
//! On Windows: the caller takes the request for unfinished and waits.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io,
    wdk_sys::{NTSTATUS, STATUS_PENDING},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.mark_pending();
        io::end::<Self>(extension, irp, STATUS_PENDING)
    }
}

specimens::driver!(Driver);
