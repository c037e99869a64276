//! Waits on the remove lock with another tag than it was taken with.
//!
//! Rule: `RemoveLockCheck`. Bug check 0xC4/0xD6.
//!
//! On Windows: with Driver Verifier on, or a checked build, the bug check.
#![no_std]

use specimens::{Extension, Request, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn wait_for_others(extension: *mut Extension, _: Request) {
        kernel::release_and_wait(extension, extension.cast());
    }
}

specimens::driver!(Driver);
