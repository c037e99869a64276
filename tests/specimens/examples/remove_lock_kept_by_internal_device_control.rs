//! Never gives back the remove lock of `IRP_MJ_INTERNAL_DEVICE_CONTROL`.
//!
//! Rule: `RemoveLockReleaseInternalDeviceControl`.
//!
//! On Windows: `IoReleaseRemoveLockAndWait` never returns; the device cannot be removed.
#![no_std]

use specimens::{Extension, Request, Specimen, io, kernel};

struct Driver;

impl Specimen for Driver {
    fn release(extension: *mut Extension, request: Request) {
        if request.major != io::INTERNAL_DEVICE_CONTROL {
            kernel::release(extension, request.tag);
        }
    }
}

specimens::driver!(Driver);
