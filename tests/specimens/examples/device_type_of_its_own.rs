//! Creates its device object with another type than that of the device below.
//!
//! Rule: `DeviceTypeNotCopied`. Bug check 0xC9/0x246.
//!
//! On Windows: who asks the stack for its type gets that of the top: the security and the sharing of another kind of
//! device.
#![no_std]

use specimens::{Specimen, wdk_sys::FILE_DEVICE_BEEP};

struct Driver;

impl Specimen for Driver {
    fn device_type() -> u32 {
        FILE_DEVICE_BEEP
    }
}

specimens::driver!(Driver);
