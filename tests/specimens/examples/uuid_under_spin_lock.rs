//! Makes an UUID under a spin lock.
//!
//! Rule: `IrqlExPassive`. Bug check 0xC4/0x20008.
//!
//! On Windows: the routine is paged code.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::make_uuid);
    }
}

specimens::driver!(Driver);
