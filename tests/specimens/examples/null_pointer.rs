//! Reads through a null pointer.
//!
//! Rule: `MemoryAccess`. Bug check 0x50 or 0xA.
//!
//! On Windows: the bug check.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let _ = kernel::peek(core::ptr::null(), 8);
    }
}

specimens::driver!(Driver);
