//! Never gives back the remove lock of `IRP_MN_QUERY_REMOVE_DEVICE`.
//!
//! Rule: `RemoveLockReleasePnp`.
//!
//! On Windows: `IoReleaseRemoveLockAndWait` never returns; the device cannot be removed.
#![no_std]

use specimens::{Extension, Request, Specimen, driver, kernel, pnp};

struct Driver;

impl Specimen for Driver {
    fn release(extension: *mut Extension, request: Request) {
        if request.major != driver::PNP || request.minor != pnp::QUERY_REMOVE {
            kernel::release(extension, request.tag);
        }
    }
}

specimens::driver!(Driver);
