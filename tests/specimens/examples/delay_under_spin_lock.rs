//! Waits a millisecond under a spin lock.
//!
//! Rule: `IrqlKeApcLte1`. Bug check 0xC4/0x2000F.
//!
//! On Windows: the scheduler cannot run another thread at `DISPATCH_LEVEL`: 0xB8.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::delay);
    }
}

specimens::driver!(Driver);
