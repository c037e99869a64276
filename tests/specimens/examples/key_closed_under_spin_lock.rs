//! Closes a registry key under a spin lock.
//!
//! Rule: `IrqlZwPassive`. Bug check 0xC4/0x2001F.
//!
//! On Windows: `ZwClose` may wait and touches paged memory: 0xA.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let key = kernel::open_device_key(extension);
        if !key.is_null() {
            kernel::under_spin_lock(|| kernel::close_key(key));
        }
    }
}

specimens::driver!(Driver);
