//! Gives back a spin lock that it does not have.
//!
//! Rule: `SpinlockRelease`. Bug check 0xC4/0x4000B.
//!
//! On Windows: somebody else's lock is given back.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::release_free_spin_lock);
    }
}

specimens::driver!(Driver);
