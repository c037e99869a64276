//! Registers its device object with WMI and deletes it without deregistering.
//!
//! Rule: `WmiLeftRegistered`. Bug check 0xC4/0xDB.
//!
//! On Windows: Driver Verifier stops the system; without it WMI sends requests to a device object that is gone.
#![no_std]

use specimens::{Extension, Specimen, kernel};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let _status = kernel::register_with_wmi(extension);
    }
}

specimens::driver!(Driver);
