//! Sends `IRP_MN_SURPRISE_REMOVAL` down with the status that it came with.
//!
//! Rule: `RequiredIrpNotHandled`. Bug check 0xC9/0x217.
//!
//! On Windows: the PnP manager believes that no driver of the stack knows of the removal.
#![no_std]

use specimens::{Extension, Irp, Request, Specimen, pnp, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn surprise_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let request = Request::of(irp);
        pnp::stop_using::<Self>(extension);
        let status = pnp::forward(extension, irp);
        Self::release(extension, request);
        status
    }
}

specimens::driver!(Driver);
