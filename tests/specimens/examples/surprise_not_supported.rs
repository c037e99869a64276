//! Ends `IRP_MN_SURPRISE_REMOVAL` with `STATUS_NOT_SUPPORTED`.
//!
//! Rule: `NsRemoveLockMnSurpriseRemove`. Bug check 0xC9/0x306.
//!
//! On Windows: the PnP manager does not look at the status; Driver Verifier does.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen, pnp,
    wdk_sys::{NTSTATUS, STATUS_NOT_SUPPORTED, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn surprise_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let request = Request::of(irp);
        pnp::stop_using::<Self>(extension);
        irp.set_status(STATUS_SUCCESS);
        let _ = pnp::forward_and_wait::<Self>(extension, irp);
        let status = irp.complete(STATUS_NOT_SUPPORTED);
        Self::release(extension, request);
        status
    }
}

specimens::driver!(Driver);
