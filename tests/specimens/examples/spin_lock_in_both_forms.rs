//! Takes a spin lock both plain and in-stack queued.
//!
//! Rule: `SpinLockForms`. Bug check 0xC4/0x1008.
//!
//! On Windows: the two kinds do not know of each other: two processors have the lock.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::take_spin_lock_in_both_forms();
    }
}

specimens::driver!(Driver);
