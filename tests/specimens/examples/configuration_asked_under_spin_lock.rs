//! Asks how many disks there are under a spin lock.
//!
//! Rule: `IrqlIoPassive5`. Bug check 0xC4/0x2000E.
//!
//! On Windows: the routine is paged code.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::ask_configuration);
    }
}

specimens::driver!(Driver);
