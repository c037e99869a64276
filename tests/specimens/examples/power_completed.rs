//! Completes `IRP_MN_SET_POWER` instead of sending it down.
//!
//! Rule: `PowerIrpCompletion`. Bug check 0xC9/0x231.
//!
//! On Windows: the device never changes its power state.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, driver, pnp,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn pass(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if irp.major() == driver::POWER { irp.complete(STATUS_SUCCESS) } else { pnp::forward(extension, irp) }
    }
}

specimens::driver!(Driver);
