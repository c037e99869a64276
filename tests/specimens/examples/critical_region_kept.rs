//! Returns from a dispatch routine in a critical region.
//!
//! Rule: `CriticalRegions`. Bug check 0xC4/0x40003.
//!
//! On Windows: the thread goes on without its asynchronous procedure calls: its I/O is never finished.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST);
        kernel::stay_in_critical_region();
        status
    }
}

specimens::driver!(Driver);
