//! Opens a registry key under a spin lock.
//!
//! Rule: `IrqlIoRtlZwPassive`. Bug check 0xC4/0x20023.
//!
//! On Windows: the registry waits and touches paged memory: 0xA.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let mut key = core::ptr::null_mut();
        kernel::under_spin_lock(|| key = kernel::open_device_key(extension));
        if !key.is_null() {
            kernel::close_key(key);
        }
    }
}

specimens::driver!(Driver);
