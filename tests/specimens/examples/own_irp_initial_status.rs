//! Sends a PnP IRP of its own whose status is not `STATUS_NOT_SUPPORTED`.
//!
//! Rule: `IrpInitialStatus`. Bug check 0xC9/0x20E.
//!
//! On Windows: nobody can tell whether a driver below has answered.
#![no_std]

use specimens::{Extension, Specimen, own_irp, wdk_sys::STATUS_SUCCESS};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        own_irp::query_capabilities(extension, STATUS_SUCCESS, own_irp::How::Right);
    }
}

specimens::driver!(Driver);
