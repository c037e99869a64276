//! Detaches and deletes without waiting for the others who hold the remove lock.
//!
//! Rule: RemoveLockMnRemove. Code: none.
//! On Windows: a request that is still on its way finds its device gone.
#![no_std]

use specimens::{Extension, Irp, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn wait_for_others(extension: *mut Extension, irp: Irp) {
        kernel::release(extension, irp.0.cast());
    }
}

specimens::driver!(Driver);
