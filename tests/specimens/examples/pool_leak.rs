//! Never frees memory that it allocates when it is loaded.
//!
//! Rule: `LeakAtUnload`. Bug check 0xC4/0x62.
//!
//! On Windows: with Driver Verifier on, the bug check when the driver is unloaded.
#![no_std]

use specimens::{Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn entered() {
        let _ = kernel::allocate(100);
    }
}

specimens::driver!(Driver);
