//! Deletes a registry value under a spin lock.
//!
//! Rule: `IrqlRtlPassive`. Bug check 0xC4/0x2001E.
//!
//! On Windows: the registry is read from disk, for which the thread waits.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::delete_registry_value);
    }
}

specimens::driver!(Driver);
