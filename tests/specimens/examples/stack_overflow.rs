//! Needs more stack than a kernel thread has.
//!
//! Rule: `MemoryAccess`. Bug check 0x7F/0x8.
//!
//! On Windows: a double fault: there is no stack left to handle the first one on.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let _ = kernel::use_stack(1000);
    }
}

specimens::driver!(Driver);
