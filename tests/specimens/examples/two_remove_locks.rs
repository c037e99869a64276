//! Has two remove locks for one device.
//!
//! Rule: `MultRemoveLock`.
//!
//! On Windows: removal waits for one of them only.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn created(extension: *mut Extension) {
        kernel::initialise_second_lock(extension);
    }
}

specimens::driver!(Driver);
