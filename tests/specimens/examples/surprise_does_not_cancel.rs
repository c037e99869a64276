//! Keeps a request and does not end it in `IRP_MN_SURPRISE_REMOVAL`.
//!
//! Rule: `CancelledIrpNotCompleted`.
//!
//! On Windows: the caller waits for ever for a device that is gone, and its handle keeps the removal from coming.
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
