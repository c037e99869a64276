//! Returns from a dispatch routine with an in-stack queued spin lock.
//!
//! Rule: `QueuedSpinLock`. Bug check 0xC4/0x40006.
//!
//! On Windows: the lock's handle lies on a stack that is gone; whoever gives it back destroys what is there now.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST);
        kernel::keep_queued_spin_lock();
        status
    }
}

specimens::driver!(Driver);
