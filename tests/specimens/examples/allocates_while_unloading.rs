//! Lets a thread of its own allocate memory while it is being unloaded.
//!
//! Rule: `AllocateWhileUnloading`. Bug check 0xC4/0x61.
//!
//! On Windows: what such a thread does when the driver is gone is a matter of luck.
#![no_std]

use specimens::{Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn unload() {
        kernel::in_a_thread(|| {
            let memory = kernel::allocate(16);
            if !memory.is_null() {
                kernel::free(memory);
            }
        });
    }
}

specimens::driver!(Driver);
