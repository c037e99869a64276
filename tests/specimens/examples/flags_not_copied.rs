//! Does not take over the flags of the device below.
//!
//! Rule: `DeviceFlagsNotCopied`. Bug check 0xC9/0x23F and 0x244.
//!
//! On Windows: buffers arrive in another form than the driver below expects, and power IRPs at another IRQL.
#![no_std]

use specimens::{Extension, Specimen};

struct Driver;

impl Specimen for Driver {
    fn attached(_: *mut Extension) {}
}

specimens::driver!(Driver);
