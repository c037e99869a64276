//! Answers `IRP_MJ_SYSTEM_CONTROL` with a failure of its own instead of the status that the bus left.
//!
//! Rule: `FilterAboveAssertion`. Bug check 0xC9/0x213.
//!
//! On Windows: nobody can tell whether a driver below knows the request.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, driver, pnp,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn pass(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if irp.major() != driver::SYSTEM_CONTROL {
            return pnp::forward(extension, irp);
        }
        let _ = pnp::forward_and_wait::<Self>(extension, irp);
        irp.complete(STATUS_INVALID_DEVICE_REQUEST)
    }
}

specimens::driver!(Driver);
