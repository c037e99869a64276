//! Writes past the end of its memory.
//!
//! Rule: `MemoryAccess`. Bug check 0xCD.
//!
//! On Windows: with special pool the bug check; otherwise the next allocation is destroyed.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let memory = kernel::allocate(64);
        if !memory.is_null() {
            kernel::poke(memory, 64, 1);
            kernel::free(memory);
        }
    }
}

specimens::driver!(Driver);
