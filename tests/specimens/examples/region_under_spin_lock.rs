//! Enters a critical region under a spin lock.
//!
//! Rule: `IrqlKeApcLte2`. Bug check 0xC4/0x20010.
//!
//! On Windows: at `DISPATCH_LEVEL` there is nothing to keep away, and leaving the region may deliver what waits.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::visit_critical_region);
    }
}

specimens::driver!(Driver);
