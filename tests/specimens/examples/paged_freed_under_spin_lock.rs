//! Frees paged memory under a spin lock.
//!
//! Rule: `IrqlExFree3`.
//!
//! On Windows: the pool's own pages may not be there at `DISPATCH_LEVEL`: 0xA.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let memory = kernel::allocate_paged(64);
        if !memory.is_null() {
            kernel::under_spin_lock(|| kernel::free(memory));
        }
    }
}

specimens::driver!(Driver);
