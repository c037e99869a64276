//! Passes the arguments of `IoAttachDeviceToDeviceStack` in the wrong order.
//!
//! Rule: `AddDevice`.
//!
//! On Windows: another driver's device object is put above this one; its requests come to a driver that does not know
//! them.
#![no_std]

use specimens::{Extension, Specimen, driver};

struct Driver;

impl Specimen for Driver {
    fn created(extension: *mut Extension) {
        driver::attach_backwards(extension);
    }
}

specimens::driver!(Driver);
