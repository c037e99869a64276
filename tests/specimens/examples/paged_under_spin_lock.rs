//! Allocates paged memory under a spin lock.
//!
//! Rule: `IrqlExAllocatePool`. Bug check 0xC4/0x20004.
//!
//! On Windows: the memory may not be there when it is touched at `DISPATCH_LEVEL`: 0xA.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::under_spin_lock(|| kernel::free(kernel::allocate_paged(64)));
    }
}

specimens::driver!(Driver);
