//! Fails `IRP_MJ_SYSTEM_CONTROL` instead of sending it down.
//!
//! Rule: `WmiForward`. Bug check 0xC9/0x220.
//!
//! On Windows: WMI of the drivers below is out of reach.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, driver, pnp,
    wdk_sys::{NTSTATUS, STATUS_NOT_SUPPORTED},
};

struct Driver;

impl Specimen for Driver {
    fn pass(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if irp.major() == driver::SYSTEM_CONTROL {
            irp.complete(STATUS_NOT_SUPPORTED)
        } else {
            pnp::forward(extension, irp)
        }
    }
}

specimens::driver!(Driver);
