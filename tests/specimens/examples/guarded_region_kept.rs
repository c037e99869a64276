//! Returns from a dispatch routine in a guarded region.
//!
//! Rule: `GuardedRegions`. Bug check 0xC4/0x4000E.
//!
//! On Windows: the thread goes on without any asynchronous procedure call: it cannot even be ended.
#![no_std]

use specimens::{
    Extension, Irp, Specimen, io, kernel,
    wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_REQUEST},
};

struct Driver;

impl Specimen for Driver {
    fn request(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let status = io::end::<Self>(extension, irp, STATUS_INVALID_DEVICE_REQUEST);
        kernel::stay_in_guarded_region();
        status
    }
}

specimens::driver!(Driver);
