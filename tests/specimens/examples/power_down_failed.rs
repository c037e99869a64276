//! Fails the system's request for sleep.
//!
//! Rule: `PowerDownFail`.
//!
//! On Windows: the system sleeps all the same, and nobody knows in which state the device is.
#![no_std]

use specimens::{
    Extension, Irp, Request, Specimen,
    power_irp::{self, S0},
    power_policy::{self, Policy},
    wdk_sys::{NTSTATUS, STATUS_UNSUCCESSFUL},
};

struct Driver;

impl Policy for Driver {
    fn system_set(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if power_irp::asked(irp) == (true, S0) {
            return power_policy::send_marked(extension, irp, power_policy::system_sent::<Self>);
        }
        let request = Request::of(irp);
        let status = irp.complete(STATUS_UNSUCCESSFUL);
        Self::release(extension, request);
        status
    }
}

specimens::power_owner!(Driver);
