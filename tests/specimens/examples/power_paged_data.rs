//! Reads paged memory while it powers its device down.
//!
//! Rule: `PagedCodeAtPowerTrans`.
//!
//! On Windows: the page may be on a disk that sleeps already: the system hangs.
#![no_std]

use specimens::{
    Extension, Irp, kernel, power_gate, power_idle,
    power_irp::{self, State},
    power_policy::{self, Policy},
    wdk_sys::{NTSTATUS, STATUS_PENDING},
};

struct Driver;

impl Policy for Driver {
    fn is_idle(extension: *mut Extension) {
        kernel::keep_paged(extension);
        power_idle::submit::<Self>(extension);
    }

    fn device_down(extension: *mut Extension, irp: Irp, state: State) -> NTSTATUS {
        kernel::read_kept(extension);
        irp.mark_pending();
        power_irp::tell(extension, state);
        if power_gate::close(extension, irp) {
            power_policy::pass_down(extension, irp);
        }
        STATUS_PENDING
    }
}

specimens::power_owner!(Driver);
