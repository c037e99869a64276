//! Returns from a dispatch routine at another IRQL than it was called at.
//!
//! Rule: `IrqlReturn`. Bug check 0xC4/0x2001D.
//!
//! On Windows: the thread goes on at `DISPATCH_LEVEL`, and the next page fault is 0xA.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        kernel::raise();
        io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST)
    }
}

specimens::driver!(Driver);
