//! Neither pends the system'\''s request for sleep nor powers its device down.
//!
//! Rule: `MarkPowerDown`.
//!
//! On Windows: the request is complete before its device IRP can be; the device stays on.
#![no_std]

use specimens::{
    Extension, Irp, io,
    power_irp::{self, S0, State},
    power_policy::{self, Policy},
    wdk_sys::NTSTATUS,
};

struct Driver;

impl Policy for Driver {
    fn system_set(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        if power_irp::asked(irp) == (true, S0) {
            return power_policy::send_marked(extension, irp, power_policy::system_sent::<Self>);
        }
        power_policy::send(extension, irp, power_policy::system_sent::<Self>)
    }

    fn system_down(extension: *mut Extension, irp: Irp, _: State) -> NTSTATUS {
        io::propagate_pending(irp);
        power_policy::done::<Self>(extension, irp)
    }
}

specimens::power_owner!(Driver);
