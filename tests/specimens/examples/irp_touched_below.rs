//! Writes to an IRP that it has sent down.
//!
//! Rule: `IrpTouchedBelow`. Bug check 0x50.
//!
//! On Windows: the lower driver may have completed it; the memory may be another IRP by now.
#![no_std]

use specimens::{Extension, Irp, Specimen, io, kernel, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = io::request::<Self>(extension, irp);
        if kernel::is_pending(status) {
            irp.set_information(1);
        }
        status
    }
}

specimens::driver!(Driver);
