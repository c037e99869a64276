//! Marks `IRP_MN_START_DEVICE` pending and returns its status.
//!
//! Rule: `MarkStartDevice`. Bug check 0xC9/0x23E.
//!
//! On Windows: the I/O manager completes the IRP twice, or frees it under the PnP manager.
#![no_std]

use specimens::{Extension, Irp, Specimen, pnp, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn start(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.mark_pending();
        pnp::start::<Self>(extension, irp)
    }
}

specimens::driver!(Driver);
