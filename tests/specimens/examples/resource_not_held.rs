//! Gives back a resource that it does not have.
//!
//! Rule: `ExclusiveResourceAccess`. Bug check 0xE3.
//!
//! On Windows: the system stops, or the resource is free while its owner believes in it.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::with_resource(kernel::release_free_resource);
    }
}

specimens::driver!(Driver);
