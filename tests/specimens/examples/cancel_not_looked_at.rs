//! Sets a cancel routine and does not look whether the IRP is cancelled already.
//!
//! Rule: `IrpCancelField`.
//!
//! On Windows: nobody cancels the IRP a second time: it is never completed.
#![no_std]

use specimens::{
    Extension, Irp, Specimen,
    wdk_sys::{NTSTATUS, STATUS_PENDING},
};

struct Driver;

impl Specimen for Driver {
    fn request(_: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.mark_pending();
        irp.set_cancel_routine();
        STATUS_PENDING
    }
}

specimens::driver!(Driver);
