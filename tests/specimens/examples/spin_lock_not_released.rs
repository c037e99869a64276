//! Returns from a dispatch routine with a spin lock.
//!
//! Rule: `SpinlockRelease`. Bug check 0xC4/0x4000B.
//!
//! On Windows: the processor stays at DISPATCH_LEVEL; the next one who wants the lock spins for ever.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        kernel::keep_spin_lock();
        io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST)
    }
}

specimens::driver!(Driver);
