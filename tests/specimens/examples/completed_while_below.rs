//! Completes a request that the lower driver still has.
//!
//! Rule: `CompleteRequest`. Bug check 0xC9/0x209.
//!
//! On Windows: the lower driver completes it again.
#![no_std]

use specimens::{Extension, Irp, Specimen, io, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = io::request::<Self>(extension, irp);
        irp.finish();
        status
    }
}

specimens::driver!(Driver);
