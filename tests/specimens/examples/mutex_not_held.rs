//! Gives back a mutex that nobody holds.
//!
//! Rule: `MutexNotHeld`. Bug check 0xC4/0x1007.
//!
//! On Windows: two threads have it afterwards.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        if let Some(mutexes) = kernel::Mutexes::new() {
            mutexes.release(0);
            mutexes.free();
        }
    }
}

specimens::driver!(Driver);
