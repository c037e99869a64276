//! Asks for the version of the system under a spin lock.
//!
//! Rule: `IrqlPsPassive`. Bug check 0xC4/0x2001C.
//!
//! On Windows: the routine is paged code.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::ask_system_version);
    }
}

specimens::driver!(Driver);
