//! Returns `STATUS_PENDING` without a call of `IoMarkIrpPending`.
//!
//! Rule: `MarkIrpPending2`. Bug check 0xC9/0x23D.
//!
//! On Windows: the I/O manager waits for a completion that it does not recognise; the caller hangs.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, later,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        later::complete(extension, irp, finish::<Self>)
    }
}

fn finish<S: Specimen>(extension: *mut Extension, irp: Irp) {
    let _ = io::end::<S>(extension, irp, STATUS_INVALID_DEVICE_REQUEST);
}

specimens::driver!(Driver);
