//! Frees contiguous memory above `DISPATCH_LEVEL`.
//!
//! Rule: `IrqlMmDispatch`. Bug check 0xC4/0x2001A.
//!
//! On Windows: the memory manager takes locks that are for `DISPATCH_LEVEL`; the system stops in one of them.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let memory = kernel::allocate_contiguous();
        if !memory.is_null() {
            kernel::above_dispatch(|| kernel::free_contiguous(memory));
        }
    }
}

specimens::driver!(Driver);
