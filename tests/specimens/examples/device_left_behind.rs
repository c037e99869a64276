//! Leaves its device object attached when `USBD_CreateHandle` fails.
//!
//! Rule: `AddDeviceUnwind`.
//!
//! On Windows: the stack has a device object whose driver is unloaded.
#![no_std]

use specimens::{Extension, Specimen};

struct Driver;

impl Specimen for Driver {
    fn unwind(_: *mut Extension) {}
}

specimens::driver!(Driver);
