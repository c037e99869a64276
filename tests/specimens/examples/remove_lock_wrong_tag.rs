//! Gives the remove lock back with another tag than it was taken with.
//!
//! Rule: `RemoveLockRelease2`. Bug check 0xC4/0xD6.
//!
//! On Windows: with Driver Verifier on, or a checked build, the bug check; otherwise nothing, and the tags tell nothing in a debugger.
#![no_std]

use specimens::{Extension, Request, Specimen, io, kernel};

struct Driver;

impl Specimen for Driver {
    fn release(extension: *mut Extension, request: Request) {
        let tag = if request.major == io::DEVICE_CONTROL { extension.cast() } else { request.tag };
        kernel::release(extension, tag);
    }
}

specimens::driver!(Driver);
