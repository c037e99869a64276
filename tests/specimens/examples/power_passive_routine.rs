//! Waits a millisecond, by a routine for `PASSIVE_LEVEL`, while it powers its device down.
//!
//! Rule: `PowerIrpDDIs`.
//!
//! On Windows: a device in the path of a paging file gets the request at `DISPATCH_LEVEL`: 0xB8.
#![no_std]

use specimens::{
    Extension, Irp, kernel, power_gate, power_irp,
    power_policy::{self, Policy},
    wdk_sys::{NTSTATUS, STATUS_PENDING},
};

struct Driver;

impl Policy for Driver {
    fn device_down(extension: *mut Extension, irp: Irp, state: power_irp::State) -> NTSTATUS {
        kernel::delay();
        irp.mark_pending();
        power_irp::tell(extension, state);
        if power_gate::close(extension, irp) {
            power_policy::pass_down(extension, irp);
        }
        STATUS_PENDING
    }
}

specimens::power_owner!(Driver);
