//! Checks the share access of a file under a spin lock.
//!
//! Rule: `IrqlIoPassive2`. Bug check 0xC4/0x2000B.
//!
//! On Windows: the routine is paged code.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        kernel::under_spin_lock(|| kernel::check_share_access(irp.file()));
        io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST)
    }
}

specimens::driver!(Driver);
