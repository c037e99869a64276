//! Locks a pageable section under a spin lock.
//!
//! Rule: `IrqlMmApcLte`. Bug check 0xC4/0x20019.
//!
//! On Windows: the section may have to be read from disk, for which the thread waits.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(kernel::visit_paged_section);
    }
}

specimens::driver!(Driver);
