//! Keeps the device IRP for ever.
//!
//! Rule: `PowerIrpBlocked`. Bug check 0x9F/0x3.
//!
//! On Windows: the system does not sleep, and stops after ten minutes.
#![no_std]

use specimens::{
    Extension, Irp,
    power_irp::State,
    power_policy::Policy,
    wdk_sys::{NTSTATUS, STATUS_PENDING},
};

struct Driver;

impl Policy for Driver {
    fn device_down(_: *mut Extension, irp: Irp, _: State) -> NTSTATUS {
        irp.mark_pending();
        STATUS_PENDING
    }
}

specimens::power_owner!(Driver);
