//! Turns its interface off while it powers its device down.
//!
//! Rule: `PowerIrpDDIs`.
//!
//! On Windows: the routine waits for user mode, which sleeps already: the system hangs.
#![no_std]

use specimens::{
    Extension, Irp, pnp, power_gate, power_irp,
    power_policy::{self, Policy},
    wdk_sys::{NTSTATUS, STATUS_PENDING},
};

struct Driver;

impl Policy for Driver {
    fn device_down(extension: *mut Extension, irp: Irp, state: power_irp::State) -> NTSTATUS {
        pnp::set_interface(extension, false);
        irp.mark_pending();
        power_irp::tell(extension, state);
        if power_gate::close(extension, irp) {
            power_policy::pass_down(extension, irp);
        }
        STATUS_PENDING
    }
}

specimens::power_owner!(Driver);
