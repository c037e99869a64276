//! Frees memory above `DISPATCH_LEVEL`.
//!
//! Rule: `IrqlExFree1`. Bug check 0xC4/0x20005.
//!
//! On Windows: the pool's lock may be held by whom the interrupt has stopped.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let memory = kernel::allocate(64);
        if !memory.is_null() {
            kernel::above_dispatch(|| kernel::free(memory));
        }
    }
}

specimens::driver!(Driver);
