//! Waits in `IRP_MN_REMOVE_DEVICE` for a request that it keeps and never cancels.
//!
//! Rule: `Deadlock`.
//!
//! On Windows: the removal never ends, and no other device of the system is started or removed.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_PENDING},
};

struct Driver;

impl Specimen for Driver {
    fn other(_: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.mark_pending();
        STATUS_PENDING
    }

    fn release(extension: *mut Extension, request: Request) {
        if request.major != io::INTERNAL_DEVICE_CONTROL {
            kernel::release(extension, request.tag);
        }
    }
}

specimens::driver!(Driver);
