//! Takes a spin lock that it has.
//!
//! Rule: `SpinLock`. Bug check 0xC4/0x40009.
//!
//! On Windows: the processor spins for ever.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::take_spin_lock_twice();
    }
}

specimens::driver!(Driver);
