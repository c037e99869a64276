//! Sends `IRP_MJ_SYSTEM_CONTROL` down with success, though it has done nothing for it.
//!
//! Rule: `BusBelowAssertion`. Bug check 0xC9/0x213.
//!
//! On Windows: whoever asked takes what is in its buffer for an answer.
#![no_std]

use specimens::{Extension, Irp, Specimen, driver, pnp, wdk_sys::NTSTATUS};

struct Driver;

impl Specimen for Driver {
    fn pass(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if irp.major() == driver::SYSTEM_CONTROL {
            pnp::forward_with_success(extension, irp)
        } else {
            pnp::forward(extension, irp)
        }
    }
}

specimens::driver!(Driver);
