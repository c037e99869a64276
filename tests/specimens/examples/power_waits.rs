//! Waits in its dispatch routine until the lower drivers are done with the system'\''s request.
//!
//! Rule: `PowerDispatchWaits`.
//!
//! On Windows: the thread is one of the few that deliver power requests: with enough such drivers nobody powers down.
#![no_std]

use specimens::{
    Extension, Irp, pnp,
    power_irp::{self, S0},
    power_policy::{self, Policy},
    wdk_sys::{NTSTATUS, STATUS_PENDING},
};

struct Driver;

impl Policy for Driver {
    fn system_set(extension: *mut Extension, irp: Irp) -> NTSTATUS {
        let (_, state) = power_irp::asked(irp);
        if state == S0 {
            return power_policy::send_marked(extension, irp, power_policy::system_sent::<Self>);
        }
        irp.mark_pending();
        let _ = pnp::forward_and_wait::<Self>(extension, irp);
        if !power_policy::request_device::<Self>(extension, Self::target(state), irp.0) {
            let _ = power_policy::done::<Self>(extension, irp);
            irp.finish();
        }
        STATUS_PENDING
    }
}

specimens::power_owner!(Driver);
