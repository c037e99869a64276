//! Answers a PnP request that only the bus driver knows the answer to.
//!
//! Rule: `IrpReservedForOthers`. Bug check 0xC9/0x218.
//!
//! On Windows: the PnP manager takes a success without an answer.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen, pnp,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn other_pnp(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if Request::of(irp).minor == pnp::QUERY_DEVICE_TEXT {
            irp.set_status(STATUS_SUCCESS);
        }
        pnp::forward(extension, irp)
    }
}

specimens::driver!(Driver);
