//! Lowers the IRQL before it gives a spin lock back.
//!
//! Rule: `IrqlKeReleaseSpinLock`. Bug check 0xC4/0x20015.
//!
//! On Windows: the thread may be moved to another processor while it has the lock.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::release_spin_lock_at_passive();
    }
}

specimens::driver!(Driver);
