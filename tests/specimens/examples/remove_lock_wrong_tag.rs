//! Gives the remove lock back with another tag than it was taken with.
//!
//! Rule: RemoveLockTag. Code: 0xC4/0xD6.
//! On Windows: with Driver Verifier on, or a checked build, the bug check; otherwise nothing, and the tags tell nothing in a debugger.
#![no_std]

use specimens::{Extension, Irp, Specimen, io, kernel};

struct Driver;

impl Specimen for Driver {
    fn release(extension: *mut Extension, irp: Irp) {
        let tag = if irp.major() == io::DEVICE_CONTROL { extension.cast() } else { irp.0.cast() };
        kernel::release(extension, tag);
    }
}

specimens::driver!(Driver);
