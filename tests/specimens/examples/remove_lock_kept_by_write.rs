//! Never gives back the remove lock of `IRP_MJ_WRITE`.
//!
//! Rule: `RemoveLockReleaseWrite`.
//!
//! On Windows: `IoReleaseRemoveLockAndWait` never returns; the device cannot be removed.
#![no_std]

use specimens::{Extension, Request, Specimen, io, kernel};

struct Driver;

impl Specimen for Driver {
    fn release(extension: *mut Extension, request: Request) {
        if request.major != io::WRITE {
            kernel::release(extension, request.tag);
        }
    }
}

specimens::driver!(Driver);
