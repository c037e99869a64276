//! Completes a request with a number that is no status.
//!
//! Rule: `SuspiciousStatus`. Bug check 0xC9/0x300.
//!
//! On Windows: nobody knows what is meant: the reserved bit is set.
#![no_std]

use specimens::{Extension, Irp, Specimen, io, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        io::end::<Self>(extension, irp, 0xD000_0001_u32.cast_signed())
    }
}

specimens::driver!(Driver);
