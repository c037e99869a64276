//! Sends a request down that still has a cancel routine of its own.
//!
//! Rule: `ForwardWithCancelRoutine`. Bug check 0xC9/0x203.
//!
//! On Windows: the lower driver's own cancel routine is never called, or both are.
#![no_std]

use specimens::{Extension, Irp, Specimen, io, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.set_cancel_routine();
        io::request::<Self>(extension, irp)
    }
}

specimens::driver!(Driver);
