//! Turns the answer of the drivers below into `STATUS_NOT_SUPPORTED`.
//!
//! Rule: `ConvertedToNotSupported`. Bug check 0xC9/0x216.
//!
//! On Windows: the PnP manager believes that no driver of the stack knows the request.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen, pnp,
    wdk_sys::{NTSTATUS, STATUS_NOT_SUPPORTED},
};

struct Driver;

impl Specimen for Driver {
    fn other_pnp(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if Request::of(irp).minor != pnp::QUERY_CAPABILITIES {
            return pnp::forward(extension, irp);
        }
        let _ = pnp::forward_and_wait::<Self>(extension, irp);
        irp.complete(STATUS_NOT_SUPPORTED)
    }
}

specimens::driver!(Driver);
