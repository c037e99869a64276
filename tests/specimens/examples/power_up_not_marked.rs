//! Lets the request for S0 go without having pended it.
//!
//! Rule: `MarkPower`.
//!
//! On Windows: a driver above may take the request for complete while completion routines still run.
#![no_std]

use specimens::{
    Extension, Irp, io,
    power_irp::{self, D0, S0},
    power_policy::{self, Policy},
    wdk_sys::NTSTATUS,
};

struct Driver;

impl Policy for Driver {
    fn system_set(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if power_irp::asked(irp) == (true, S0) {
            return power_policy::send(extension, irp, power_policy::system_sent::<Self>);
        }
        power_policy::send_marked(extension, irp, power_policy::system_sent::<Self>)
    }

    fn system_up(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        io::propagate_pending(irp);
        power_policy::request_device::<Self>(extension, D0, core::ptr::null_mut());
        power_policy::done::<Self>(extension, irp)
    }
}

specimens::power_owner!(Driver);
