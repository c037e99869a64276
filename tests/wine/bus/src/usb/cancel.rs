//! Cancel routines of URBs.

// UNSAFETY: a routine that the kernel calls.
#![expect(unsafe_code, reason = "called by the kernel")]

use wdk_sys::{DEVICE_OBJECT, IRP};

use super::{Usb, engine::Done, outcome::Outcome, status, transfer::Stage};
use crate::{
    nt::{device::Device, irp::Irp, time},
    role::Role,
};

/// Sets the cancel routine of an URB's IRP. False: it was cancelled before, and no routine runs for it.
pub fn arm(irp: Irp) -> bool {
    irp.set_cancel_routine(Some(cancelled));
    !(irp.is_cancelled() && irp.set_cancel_routine(None))
}

unsafe extern "C" fn cancelled(device: *mut DEVICE_OBJECT, irp: *mut IRP) {
    let irp = Irp::of(irp);
    irp.release_cancel_spin_lock();
    let Some(Role::Child(child)) = Device::of(device).map(Device::role) else { return };
    let done = child.gate.lock().usb.cancel(irp);
    if let Some(done) = done {
        done.complete(&child);
    }
}

impl Usb {
    /// An IRP that the stack holds is cancelled: it is the caller's now.
    fn cancel(&mut self, irp: Irp) -> Option<Done> {
        let now = time::now();
        let (&id, transfer) = self.transfers.iter().find(|(_, transfer)| transfer.irp == irp)?;
        let outcome = match transfer.stage {
            Stage::InModel => Outcome::new(status::CANCELED, self.model.abort(now, id).unwrap_or(0)),
            Stage::Finished(outcome) => outcome,
        };
        let transfer = self.transfers.remove(&id)?;
        Some(self.give_back(now, &transfer, outcome))
    }
}
