//! Reads memory that it has freed.
//!
//! Rule: `MemoryAccess`. Bug check 0xCC.
//!
//! On Windows: with special pool the bug check; otherwise whatever the memory holds by then.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let memory = kernel::allocate(64);
        if !memory.is_null() {
            kernel::free(memory);
            let _ = kernel::peek(memory, 0);
        }
    }
}

specimens::driver!(Driver);
