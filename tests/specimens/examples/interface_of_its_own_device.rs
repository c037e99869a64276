//! Registers a device interface for its own device object.
//!
//! Rule: `PdoRequired`. Bug check 0xC9/0x24D.
//!
//! On Windows: the PnP manager looks for a device node where there is none.
#![no_std]

use specimens::{Extension, Specimen, driver};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        driver::register_for_itself(extension);
    }
}

specimens::driver!(Driver);
