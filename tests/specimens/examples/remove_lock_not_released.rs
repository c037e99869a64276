//! Never gives back the remove lock of a device control request.
//!
//! Rule: RemoveLockReleaseDeviceControl. Code: none.
//! On Windows: IoReleaseRemoveLockAndWait never returns; the device cannot be removed.
#![no_std]

use specimens::{Extension, Irp, Specimen, io, kernel};

struct Driver;

impl Specimen for Driver {
    fn release(extension: *mut Extension, irp: Irp) {
        if irp.major() != io::DEVICE_CONTROL {
            kernel::release(extension, irp.0.cast());
        }
    }
}

specimens::driver!(Driver);
