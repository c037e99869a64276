//! Leaves `DO_DEVICE_INITIALIZING` set.
//!
//! Rule: `InitNotCleared`. Bug check 0xC9/0x243.
//!
//! On Windows: the device cannot be opened and nothing can be attached to it.
#![no_std]

use specimens::{Extension, Specimen};

struct Driver;

impl Specimen for Driver {
    fn added(_: *mut Extension) {}
}

specimens::driver!(Driver);
