//! Turns the success of the bus into `STATUS_NOT_SUPPORTED`.
//!
//! Rule: `PowerConvertedToNotSupported`. Bug check 0xC9/0x21A.
//!
//! On Windows: the power manager reads that nobody in the stack handles power.
#![no_std]

use specimens::{
    Extension, Irp, power_gate,
    power_policy::{self, Policy},
    wdk_sys::{NTSTATUS, STATUS_NOT_SUPPORTED},
};

struct Driver;

impl Policy for Driver {
    fn is_in_d0(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        power_gate::open(extension);
        irp.set_status(STATUS_NOT_SUPPORTED);
        power_policy::done::<Self>(extension, irp)
    }
}

specimens::power_owner!(Driver);
