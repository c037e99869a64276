//! Copies its stack location to the next one by hand, the pending mark included.
//!
//! Rule: `ForwardControlNotZeroed`. Bug check 0xC9/0x206.
//!
//! On Windows: the lower driver's location says that it has pended an IRP that it has not seen yet.
#![no_std]

use specimens::{
    Extension, Irp, Specimen,
    wdk_sys::{NTSTATUS, STATUS_PENDING},
};

struct Driver;

impl Specimen for Driver {
    fn pass(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.mark_pending();
        irp.copy_to_next();
        irp.mark_next_pending();
        let _ = irp.call(Extension::lower(extension));
        STATUS_PENDING
    }
}

specimens::driver!(Driver);
