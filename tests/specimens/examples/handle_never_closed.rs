//! Never closes its USBD handle.
//!
//! Rule: `UsbdHandleNotClosed`. Bug check 0x144/0x804.
//!
//! On Windows: with Driver Verifier on, the USB 3 stack raises the bug check when the device is removed; without it the handle is lost.
#![no_std]

use specimens::{Extension, Specimen};

struct Driver;

impl Specimen for Driver {
    fn before_forward(_: *mut Extension) {}
}

specimens::driver!(Driver);
