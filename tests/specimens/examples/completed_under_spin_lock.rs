//! Completes a request under a spin lock.
//!
//! Rule: `SpinLockSafe`.
//!
//! On Windows: a completion routine above that wants the same lock never gets it.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let mut status = STATUS_SUCCESS;
        kernel::under_spin_lock(|| status = io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST));
        status
    }
}

specimens::driver!(Driver);
