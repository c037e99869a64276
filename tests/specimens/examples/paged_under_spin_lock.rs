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
        let mut memory = core::ptr::null_mut();
        kernel::under_spin_lock(|| memory = kernel::allocate_paged(64));
        if !memory.is_null() {
            kernel::free(memory);
        }
    }
}

specimens::driver!(Driver);
