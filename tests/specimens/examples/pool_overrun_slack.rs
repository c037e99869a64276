//! Writes one byte past memory whose size is no multiple of 16: into the slack behind it.
//!
//! Rule: `BugCheck`. Bug check 0xC1/0x23.
//!
//! On Windows: with special pool the bug check when the memory is freed.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let memory = kernel::allocate(61);
        if !memory.is_null() {
            kernel::poke(memory, 61, 1);
            kernel::free(memory);
        }
    }
}

specimens::driver!(Driver);
