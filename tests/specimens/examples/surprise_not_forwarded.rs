//! Completes `IRP_MN_SURPRISE_REMOVAL` instead of sending it down.
//!
//! Rule: `PnpIrpCompletion`. Bug check 0xC9/0x22E.
//!
//! On Windows: the drivers below never hear of it.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen, pnp,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn surprise_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let request = Request::of(irp);
        pnp::stop_using::<Self>(extension);
        let status = irp.complete(STATUS_SUCCESS);
        Self::release(extension, request);
        status
    }
}

specimens::driver!(Driver);
