//! Wait/wake requests: what a hub holds until something happens.

// UNSAFETY: a routine that the kernel calls.
#![expect(unsafe_code, reason = "called by the kernel")]

use alloc::sync::Arc;

use wdk_sys::{DEVICE_OBJECT, IRP};

use crate::{
    child::Child,
    nt::{
        device::Device,
        irp::Irp,
        status::{NTSTATUS, STATUS_CANCELLED, STATUS_DEVICE_BUSY, STATUS_NO_SUCH_DEVICE, STATUS_PENDING},
    },
    role::Role,
};

/// `IRP_MN_WAIT_WAKE`: held until the device signals wake, it is cancelled, or the device is removed.
pub fn wait_wake(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    let refused = {
        let mut gate = child.gate.lock();
        if gate.usb.gone {
            Some(STATUS_NO_SUCH_DEVICE)
        } else if gate.usb.wait_wake.is_some() {
            Some(STATUS_DEVICE_BUSY)
        } else if irp.is_cancelled() {
            Some(STATUS_CANCELLED)
        } else {
            gate.usb.wait_wake = Some(irp);
            irp.mark_pending();
            irp.set_cancel_routine(Some(cancelled));
            None
        }
    };
    if let Some(status) = refused {
        return irp.complete(status);
    }
    // Cancelled before its routine was there: it is nobody else's then. One that is held no longer is not looked at.
    let is_ours = |held: &mut Irp| *held == irp && irp.is_cancelled() && irp.set_cancel_routine(None);
    let was_cancelled = child.gate.lock().usb.wait_wake.take_if(is_ours).is_some();
    if was_cancelled {
        irp.complete(STATUS_CANCELLED);
    }
    STATUS_PENDING
}

unsafe extern "C" fn cancelled(device: *mut DEVICE_OBJECT, irp: *mut IRP) {
    let irp = Irp::of(irp);
    irp.release_cancel_spin_lock();
    if let Some(Role::Child(child)) = Device::of(device).map(Device::role) {
        let _ = child.gate.lock().usb.wait_wake.take_if(|held| *held == irp);
    }
    irp.complete(STATUS_CANCELLED);
}

/// The wait/wake request ends. False: there is none.
pub fn end(child: &Child, status: NTSTATUS) -> bool {
    // One whose cancel routine runs is that routine's.
    let irp = child.gate.lock().usb.wait_wake.take_if(|irp| irp.set_cancel_routine(None));
    if let Some(irp) = irp {
        irp.complete(status);
    }
    irp.is_some()
}
