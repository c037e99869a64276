//! Frees paged pool by `ExFreePool` under a spin lock.
//!
//! Rule: `IrqlExFree2`. Bug check 0xC4/0x11.
//!
//! On Windows: the block's header is paged memory; at `DISPATCH_LEVEL` it may not be there.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let memory = kernel::allocate_paged(64);
        if !memory.is_null() {
            kernel::under_spin_lock(|| kernel::free_untagged(memory));
        }
    }
}

specimens::driver!(Driver);
