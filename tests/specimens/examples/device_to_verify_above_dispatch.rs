//! Asks for the device to verify above `DISPATCH_LEVEL`.
//!
//! Rule: `IrqlIoDispatch`. Bug check 0xC4/0x20022.
//!
//! On Windows: the thread object is not guarded against what interrupts at that level.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(_: *mut Extension) {
        kernel::above_dispatch(kernel::ask_device_to_verify);
    }
}

specimens::driver!(Driver);
