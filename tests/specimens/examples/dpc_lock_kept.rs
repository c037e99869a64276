//! Returns from a dispatch routine with a spin lock that was taken at `DISPATCH_LEVEL`.
//!
//! Rule: `SpinLockDpc`.
//!
//! On Windows: the next one who wants the lock spins for ever.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST);
        kernel::above_passive(kernel::keep_spin_lock_at_dispatch);
        status
    }
}

specimens::driver!(Driver);
