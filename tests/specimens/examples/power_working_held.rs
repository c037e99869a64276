//! Keeps the request for S0 until its device is in D0.
//!
//! Rule: `SystemWorkingHeld`. Advice.
//!
//! On Windows: the user waits for the slowest device of the system at each wake.
#![no_std]

use specimens::{
    Extension, Irp,
    power_irp::D0,
    power_policy::{self, Policy},
    wdk_sys::{NTSTATUS, STATUS_MORE_PROCESSING_REQUIRED},
};

struct Driver;

impl Policy for Driver {
    fn system_up(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if power_policy::request_device::<Self>(extension, D0, irp.0) {
            return STATUS_MORE_PROCESSING_REQUIRED;
        }
        power_policy::done::<Self>(extension, irp)
    }
}

specimens::power_owner!(Driver);
