//! Returns from a dispatch routine with the cancel spin lock.
//!
//! Rule: `CancelSpinLock`.
//!
//! On Windows: the whole machine stops at the next request that is cancelled.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST);
        kernel::keep_cancel_spin_lock();
        status
    }
}

specimens::driver!(Driver);
