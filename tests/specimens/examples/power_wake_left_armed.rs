//! Leaves its device armed for wake when it goes to D3.
//!
//! Rule: `WaitWakeLeftArmed`. Advice.
//!
//! On Windows: the device cannot wake anybody from there, and is in the way of who would look.
#![no_std]

use specimens::{
    Extension, Irp, power_gate,
    power_irp::{self, State},
    power_policy::{self, Policy},
    wdk_sys::{NTSTATUS, STATUS_PENDING},
};

struct Driver;

impl Policy for Driver {
    fn device_down(extension: *mut Extension, irp: Irp, state: State) -> NTSTATUS {
        irp.mark_pending();
        power_irp::tell(extension, state);
        if power_gate::close(extension, irp) {
            power_policy::pass_down(extension, irp);
        }
        STATUS_PENDING
    }
}

specimens::power_owner!(Driver);
