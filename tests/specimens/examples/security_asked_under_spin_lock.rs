//! Asks for the security descriptor of its device object under a spin lock.
//!
//! Rule: `IrqlApcLte`. Bug check 0xC4/0x20002.
//!
//! On Windows: a descriptor is kept in paged memory; at `DISPATCH_LEVEL` it may not be there.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        kernel::under_spin_lock(|| kernel::ask_security(Extension::device(extension)));
    }
}

specimens::driver!(Driver);
