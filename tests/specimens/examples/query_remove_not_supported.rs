//! Ends `IRP_MN_QUERY_REMOVE_DEVICE` with `STATUS_NOT_SUPPORTED`.
//!
//! Rule: `NsRemoveLockQueryMnRemove`.
//!
//! On Windows: the device cannot be removed.
#![no_std]

use specimens::{
    Extension, Irp, Specimen,
    wdk_sys::{NTSTATUS, STATUS_NOT_SUPPORTED},
};

struct Driver;

impl Specimen for Driver {
    fn query_remove(_: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.complete(STATUS_NOT_SUPPORTED)
    }
}

specimens::driver!(Driver);
