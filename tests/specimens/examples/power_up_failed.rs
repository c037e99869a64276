//! Reports that its device did not come up, though the bus has powered it.
//!
//! Rule: `PowerUpFail`.
//!
//! On Windows: the devices above are lost, and the policy owner believes that the device is off.
#![no_std]

use specimens::{
    Extension, Irp, power_gate,
    power_policy::{self, Policy},
    wdk_sys::{NTSTATUS, STATUS_UNSUCCESSFUL},
};

struct Driver;

impl Policy for Driver {
    fn is_in_d0(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        power_gate::open(extension);
        irp.set_status(STATUS_UNSUCCESSFUL);
        power_policy::done::<Self>(extension, irp)
    }
}

specimens::power_owner!(Driver);
