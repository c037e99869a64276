//! References an object by its handle under a spin lock.
//!
//! Rule: `IrqlObPassive`. Bug check 0xC4/0x2001B.
//!
//! On Windows: handle tables are paged; at `DISPATCH_LEVEL` they may not be there.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::reference_no_handle);
    }
}

specimens::driver!(Driver);
