//! Deletes its device object without detaching it when `USBD_CreateHandle` fails.
//!
//! Rule: `DeleteDevice`. Bug check 0xC9/0x201.
//!
//! On Windows: the stack keeps a device object that is no more, and the next IRP goes through it.
#![no_std]

use specimens::{Extension, Specimen, driver};

struct Driver;

impl Specimen for Driver {
    fn unwind(extension: *mut Extension) {
        driver::delete(extension);
    }
}

specimens::driver!(Driver);
