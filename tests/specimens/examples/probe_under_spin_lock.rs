//! Probes a user address under a spin lock.
//!
//! Rule: `IrqlExApcLte2`. Bug check 0xC4/0x20006.
//!
//! On Windows: user memory may be paged out; at `DISPATCH_LEVEL` it cannot be brought back.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::probe_nothing);
    }
}

specimens::driver!(Driver);
