//! Keeps a request and does not cancel it in `IRP_MJ_CLEANUP`.
//!
//! Rule: `CancelledIrpNotCompleted`.
//!
//! On Windows: `CloseHandle` has returned, the request has not: the process cannot be ended.
#![no_std]

use specimens::{
    Extension, Irp, Specimen,
    wdk_sys::{NTSTATUS, STATUS_PENDING},
};

struct Driver;

impl Specimen for Driver {
    fn request(_: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.mark_pending();
        STATUS_PENDING
    }
}

specimens::driver!(Driver);
