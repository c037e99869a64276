//! Sends an IRP down a second time, which the driver below still has.
//!
//! Rule: `ForwardNotOwned`. Bug check 0xC9/0x205.
//!
//! On Windows: two drivers work on one IRP; it is completed twice.
#![no_std]

use specimens::{Extension, Irp, Specimen, io, kernel, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = io::request::<Self>(extension, irp);
        if kernel::is_pending(status) {
            let _ = irp.call(Extension::lower(extension));
        }
        status
    }
}

specimens::driver!(Driver);
