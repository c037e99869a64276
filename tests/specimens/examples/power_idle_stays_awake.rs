//! Returns from its idle callback without having put the device to sleep.
//!
//! Rule: `UsbIdleCallback`.
//!
//! On Windows: the hub waits for the device, and no other device of the bus is suspended.
#![no_std]

use specimens::{Extension, power_policy::Policy};

struct Driver;

impl Policy for Driver {
    fn suspend(_: *mut Extension) -> bool {
        true
    }
}

specimens::power_owner!(Driver);
