//! Sends a request down that the lower driver already has.
//!
//! Rule: `ForwardNotOwned`. Bug check 0xC9/0x205.
//!
//! On Windows: two drivers work on one IRP.
#![no_std]
// UNSAFETY: reads the device extension.
#![expect(unsafe_code, reason = "follows the kernel's pointer")]

use specimens::{Extension, Irp, Specimen, io, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = io::request::<Self>(extension, irp);
        // SAFETY: the extension is valid.
        let _ = irp.call(unsafe { (*extension).lower });
        status
    }
}

specimens::driver!(Driver);
