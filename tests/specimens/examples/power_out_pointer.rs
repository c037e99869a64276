//! Asks `PoRequestPowerIrp` where the IRP is.
//!
//! Rule: `RequestedPowerIrp`. Bug check 0xC4/0x4100B.
//!
//! On Windows: the IRP may be complete and its memory somebody else's before the address is written.
#![no_std]

use core::ptr;

use specimens::{
    Extension,
    power_irp::{self, State},
    power_policy::{self, Policy},
    wdk_sys::{IRP, NTSTATUS},
};

struct Driver;

impl Policy for Driver {
    fn ask(extension: *mut Extension, state: State, system: *mut IRP) -> NTSTATUS {
        let mut irp = ptr::null_mut();
        let place = &raw mut irp;
        if system.is_null() {
            let routine = Some(power_policy::device_is_up::<Self> as _);
            return power_irp::request_into(
                extension,
                power_irp::SET,
                state,
                routine,
                extension.cast(),
                place,
            );
        }
        let routine = Some(power_policy::device_is_down::<Self> as _);
        power_irp::request_into(extension, power_irp::SET, state, routine, system.cast(), place)
    }
}

specimens::power_owner!(Driver);
