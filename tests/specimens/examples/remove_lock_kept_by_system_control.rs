//! Never gives back the remove lock of `IRP_MJ_SYSTEM_CONTROL`.
//!
//! Rule: `RemoveLockReleaseSystemControl`.
//!
//! On Windows: `IoReleaseRemoveLockAndWait` never returns; the device cannot be removed.
#![no_std]

use specimens::{Extension, Request, Specimen, driver, kernel};

struct Driver;

impl Specimen for Driver {
    fn release(extension: *mut Extension, request: Request) {
        if request.major != driver::SYSTEM_CONTROL {
            kernel::release(extension, request.tag);
        }
    }
}

specimens::driver!(Driver);
