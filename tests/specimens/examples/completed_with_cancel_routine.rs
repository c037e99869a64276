//! Completes a request that still has a cancel routine.
//!
//! Rule: `CompleteWithCancelRoutine`. Bug check 0xC9/0x07.
//!
//! On Windows: the cancel routine may run for an IRP that is no more.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        irp.set_cancel_routine();
        io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST)
    }
}

specimens::driver!(Driver);
