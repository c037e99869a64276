//! Powers its device down when it is removed, and does not wait for that.
//!
//! Rule: `DeviceFreedWithPowerIrp`. Bug check 0x9F/0x1.
//!
//! On Windows: the device object goes while its power request is under way: 0x9F, or a request for a driver that is gone.
#![no_std]

use core::ptr;

use specimens::{
    Extension,
    power_irp::{self, D3},
    power_policy::Policy,
};

struct Driver;

impl Policy for Driver {
    fn removed(extension: *mut Extension) {
        let _ = power_irp::request(extension, power_irp::SET, D3, None, ptr::null_mut());
    }
}

specimens::power_owner!(Driver);
