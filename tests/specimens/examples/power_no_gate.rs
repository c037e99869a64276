//! Sends requests to a device that sleeps.
//!
//! Rule: `UsbRequestOutsideD0`.
//!
//! On Windows: they fail with a status that nobody understands, or wait for ever.
#![no_std]

use specimens::{
    Extension, Irp,
    power_irp::{self, State},
    power_policy::{self, Policy},
    wdk_sys::{NTSTATUS, STATUS_PENDING},
};

struct Driver;

impl Policy for Driver {
    fn device_down(extension: *mut Extension, irp: Irp, state: State) -> NTSTATUS {
        irp.mark_pending();
        power_irp::tell(extension, state);
        power_policy::pass_down(extension, irp);
        STATUS_PENDING
    }
}

specimens::power_owner!(Driver);
