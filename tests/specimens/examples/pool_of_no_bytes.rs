//! Asks for pool memory of no bytes.
//!
//! Rule: `ZeroBytePool`. Bug check 0xC4/0x00.
//!
//! On Windows: the kernel gives the smallest block there is, and nobody knows what for.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        let _ = kernel::allocate(0);
    }
}

specimens::driver!(Driver);
