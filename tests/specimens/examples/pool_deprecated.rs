//! Allocates with `ExAllocatePoolWithTag`.
//!
//! Rule: `UnSafeAllocatePool`.
//!
//! On Windows: the memory is not cleared: what it held before can leak to user mode.
#![no_std]

use specimens::{Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn entered() {
        let memory = kernel::allocate_deprecated(64);
        if !memory.is_null() {
            kernel::free(memory);
        }
    }
}

specimens::driver!(Driver);
