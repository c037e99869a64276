//! Fails a PnP request and sends it down all the same.
//!
//! Rule: `FailedIrpForwarded`. Bug check 0xC9/0x215.
//!
//! On Windows: the drivers below act on a request that has failed.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, pnp,
    wdk_sys::{NTSTATUS, STATUS_UNSUCCESSFUL},
};

struct Driver;

impl Specimen for Driver {
    fn forward_removal(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.set_status(STATUS_UNSUCCESSFUL);
        pnp::forward(extension, irp)
    }
}

specimens::driver!(Driver);
