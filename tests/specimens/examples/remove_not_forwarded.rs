//! Completes `IRP_MN_REMOVE_DEVICE` instead of sending it down.
//!
//! Rule: `PnpIrpCompletion`. Bug check 0xC9/0x22E.
//!
//! On Windows: the drivers below never hear of the removal.
#![no_std]

use specimens::{
    Extension, Irp, Specimen,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn forward_removal(_: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.complete(STATUS_SUCCESS)
    }
}

specimens::driver!(Driver);
