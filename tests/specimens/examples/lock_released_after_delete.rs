//! Gives the remove lock back after it has deleted the device object that holds it.
//!
//! Rule: `BugCheck`. Bug check 0x50.
//!
//! On Windows: the extension is freed memory; whoever has it now finds a count in it changed.
#![no_std]

use specimens::{Extension, Request, Specimen, driver, kernel};

struct Driver;

impl Specimen for Driver {
    fn created(extension: *mut Extension) {
        let _ = kernel::acquire(extension, Request::own(extension));
    }

    fn added(extension: *mut Extension) {
        driver::clear_initialising(extension);
        kernel::release(extension, extension.cast());
    }

    fn unwind(extension: *mut Extension) {
        driver::detach(extension);
        driver::delete(extension);
        kernel::release(extension, extension.cast());
    }
}

specimens::driver!(Driver);
