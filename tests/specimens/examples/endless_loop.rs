//! Never returns from the start of its device, and makes no kernel call.
//!
//! Rule: `Livelock`.
//!
//! On Windows: one processor is lost; in `DISPATCH_LEVEL` it would be 0x133.
#![no_std]

use specimens::{Extension, Specimen};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        loop {
            core::hint::spin_loop();
        }
    }
}

specimens::driver!(Driver);
