//! Frees the same memory twice.
//!
//! Rule: `BugCheck`. Bug check 0xC2/0x7.
//!
//! On Windows: the bug check, or a damaged pool.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let memory = kernel::allocate(64);
        if !memory.is_null() {
            kernel::free(memory);
            kernel::free(memory);
        }
    }
}

specimens::driver!(Driver);
