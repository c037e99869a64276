//! Runs pageable code under a spin lock.
//!
//! Rule: `PagedCode`. Bug check 0xD1.
//!
//! On Windows: if the page is not there it cannot be brought back at `DISPATCH_LEVEL`.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(|| kernel::count());
    }
}

specimens::driver!(Driver);
