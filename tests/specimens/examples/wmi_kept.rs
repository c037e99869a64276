//! Returns `STATUS_PENDING` for a WMI request and completes it later.
//!
//! Rule: `WmiComplete`.
//!
//! On Windows: WMI requests are completed or sent down before the dispatch routine returns.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, driver, later, pnp,
    wdk_sys::{NTSTATUS, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn pass(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if irp.major() != driver::SYSTEM_CONTROL {
            return pnp::forward(extension, irp);
        }
        irp.mark_pending();
        later::complete(extension, irp, finish)
    }
}

fn finish(_: *mut Extension, irp: Irp) {
    let _ = irp.complete(STATUS_SUCCESS);
}

specimens::driver!(Driver);
