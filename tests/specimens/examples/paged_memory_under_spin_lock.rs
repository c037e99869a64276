//! Writes to paged memory under a spin lock.
//!
//! Rule: `PageableData`. Bug check 0xD1.
//!
//! On Windows: if the page is not there it cannot be brought back at `DISPATCH_LEVEL`.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let memory = kernel::allocate_paged(64);
        if !memory.is_null() {
            kernel::under_spin_lock(|| kernel::poke(memory, 0, 1));
            kernel::free(memory);
        }
    }
}

specimens::driver!(Driver);
