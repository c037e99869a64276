//! Returns from a dispatch routine with a spin lock.
//!
//! Rule: `SpinLock`. Bug check 0xC4/0x40009.
//!
//! On Windows: the processor stays at `DISPATCH_LEVEL`; the next one who wants the lock spins for ever.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST);
        kernel::keep_spin_lock();
        status
    }
}

specimens::driver!(Driver);
