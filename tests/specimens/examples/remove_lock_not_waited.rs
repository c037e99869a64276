//! Detaches and deletes without waiting for the others who hold the remove lock.
//!
//! Rule: `RemoveLockMnRemove`.
//!
//! On Windows: a request that is still on its way finds its device gone.
#![no_std]

use specimens::{Extension, Request, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn wait_for_others(extension: *mut Extension, request: Request) {
        kernel::release(extension, request.tag);
    }
}

specimens::driver!(Driver);
