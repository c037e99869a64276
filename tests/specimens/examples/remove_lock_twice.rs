//! Initialises its remove lock twice.
//!
//! Rule: `RemoveLock`. Bug check 0xC4/0xD7.
//!
//! On Windows: with Driver Verifier on, the bug check; otherwise whoever holds the lock is forgotten.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn created(extension: *mut Extension) {
        kernel::initialise_lock(extension);
    }
}

specimens::driver!(Driver);
