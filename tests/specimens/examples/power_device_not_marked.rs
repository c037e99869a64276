//! Does not pend the request for D0 that it has a completion routine for.
//!
//! Rule: `MarkDevicePower`.
//!
//! On Windows: drivers above may use the device before it is set up.
#![no_std]

use specimens::{
    Extension, Irp, io, power_gate,
    power_irp::{self, D0},
    power_policy::{self, Policy},
    wdk_sys::NTSTATUS,
};

struct Driver;

impl Policy for Driver {
    fn device_up(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        power_policy::send(extension, irp, power_policy::device_sent::<Self>)
    }

    fn is_in_d0(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        io::propagate_pending(irp);
        power_irp::tell(extension, D0);
        power_gate::open(extension);
        power_policy::done::<Self>(extension, irp)
    }
}

specimens::power_owner!(Driver);
