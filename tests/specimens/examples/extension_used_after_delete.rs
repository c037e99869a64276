//! Uses its device extension after `IoDeleteDevice`.
//!
//! Rule: `MemoryAccess`. Bug check 0x50.
//!
//! On Windows: the extension is freed with the device object.
#![no_std]

use specimens::{Extension, Irp, Specimen, kernel, pnp, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn remove(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = pnp::remove::<Self>(extension, irp);
        let _ = kernel::peek(extension.cast(), 0);
        status
    }
}

specimens::driver!(Driver);
