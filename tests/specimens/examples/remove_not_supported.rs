//! Ends `IRP_MN_REMOVE_DEVICE` with `STATUS_NOT_SUPPORTED`.
//!
//! Rule: `NsRemoveLockMnRemove`. Bug check 0xC9/0x306.
//!
//! On Windows: the PnP manager does not look at the status; Driver Verifier does.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, pnp,
    wdk_sys::{NTSTATUS, STATUS_NOT_SUPPORTED, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn forward_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.set_status(STATUS_SUCCESS);
        let _ = pnp::forward_and_wait::<Self>(extension, irp);
        irp.complete(STATUS_NOT_SUPPORTED)
    }
}

specimens::driver!(Driver);
