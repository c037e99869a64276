//! Gives back an in-stack queued spin lock that nobody holds.
//!
//! Rule: `QueuedSpinLockRelease`. Bug check 0xC4/0x40007.
//!
//! On Windows: the lock is free while its holder believes in it.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::above_passive(kernel::release_free_queued_spin_lock);
    }
}

specimens::driver!(Driver);
