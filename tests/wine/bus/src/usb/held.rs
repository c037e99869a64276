//! What a hub holds until something happens: wait/wake requests and idle notifications.

// UNSAFETY: routines that the kernel calls.
#![expect(unsafe_code, reason = "called by the kernel")]

use alloc::sync::Arc;

use wdk_sys::{DEVICE_OBJECT, IRP, PDRIVER_CANCEL};

use crate::{
    child::Child,
    nt::{
        device::Device,
        irp::Irp,
        status::{
            NTSTATUS, STATUS_CANCELLED, STATUS_DEVICE_BUSY, STATUS_INVALID_PARAMETER, STATUS_NO_SUCH_DEVICE,
            STATUS_PENDING, STATUS_POWER_STATE_INVALID,
        },
    },
    role::Role,
};

/// Bytes of a `USB_IDLE_CALLBACK_INFO`: the callback, its context.
const CALLBACK_INFO: usize = 16;

/// What the hub holds.
#[derive(Default)]
pub struct Held {
    wait_wake: Option<Irp>,
    idle: Option<Irp>,
}

/// Which of them.
type Place = fn(&mut Held) -> &mut Option<Irp>;

const fn wait_wake_of(held: &mut Held) -> &mut Option<Irp> {
    &mut held.wait_wake
}

const fn idle_of(held: &mut Held) -> &mut Option<Irp> {
    &mut held.idle
}

/// `IRP_MN_WAIT_WAKE`
pub fn wait_wake(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    let gone = child.gate.lock().usb.is_gone();
    if gone {
        return irp.complete(STATUS_NO_SUCH_DEVICE);
    }
    hold(child, irp, wait_wake_of, Some(wait_wake_cancelled))
}

/// `IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION`. It is held until the device enters D0 or D3, the system changes its
/// state, it is cancelled, or the device is removed. The hub does not find the device idle.
pub fn idle_notification(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    let control = irp.control();
    let (gone, powered) = {
        let gate = child.gate.lock();
        (gate.usb.gone, gate.usb.powered)
    };
    if gone {
        return irp.complete(STATUS_NO_SUCH_DEVICE);
    }
    if control.type3 == 0 || control.input < CALLBACK_INFO {
        return irp.complete(STATUS_INVALID_PARAMETER);
    }
    if !powered {
        return irp.complete(STATUS_POWER_STATE_INVALID);
    }
    hold(child, irp, idle_of, Some(idle_cancelled))
}

fn hold(child: &Arc<Child>, irp: Irp, place: Place, routine: PDRIVER_CANCEL) -> NTSTATUS {
    let refused = {
        let mut gate = child.gate.lock();
        let slot = place(&mut gate.usb.held);
        if slot.is_some() {
            Some(STATUS_DEVICE_BUSY)
        } else if irp.is_cancelled() {
            Some(STATUS_CANCELLED)
        } else {
            *slot = Some(irp);
            irp.mark_pending();
            irp.set_cancel_routine(routine);
            None
        }
    };
    if let Some(status) = refused {
        return irp.complete(status);
    }
    if irp_was_cancelled(child, irp, place) {
        irp.complete(STATUS_CANCELLED);
    }
    STATUS_PENDING
}

/// Whether an IRP was cancelled before its routine was there: it is the caller's then. One that is held no longer is not
/// looked at.
fn irp_was_cancelled(child: &Child, irp: Irp, place: Place) -> bool {
    let mut gate = child.gate.lock();
    let slot = place(&mut gate.usb.held);
    slot.take_if(|held| *held == irp && irp.is_cancelled() && irp.set_cancel_routine(None)).is_some()
}

unsafe extern "C" fn wait_wake_cancelled(device: *mut DEVICE_OBJECT, irp: *mut IRP) {
    cancelled(device, Irp::of(irp), wait_wake_of);
}

unsafe extern "C" fn idle_cancelled(device: *mut DEVICE_OBJECT, irp: *mut IRP) {
    cancelled(device, Irp::of(irp), idle_of);
}

fn cancelled(device: *mut DEVICE_OBJECT, irp: Irp, place: Place) {
    irp.release_cancel_spin_lock();
    if let Some(Role::Child(child)) = Device::of(device).map(Device::role) {
        let _ = place(&mut child.gate.lock().usb.held).take_if(|held| *held == irp);
    }
    irp.complete(STATUS_CANCELLED);
}

/// The idle notification ends, if there is one.
pub fn end_idle(child: &Child, status: NTSTATUS) {
    end(child, idle_of, status);
}

/// The wait/wake request ends, if there is one.
pub fn end_wait_wake(child: &Child, status: NTSTATUS) {
    end(child, wait_wake_of, status);
}

fn end(child: &Child, place: Place, status: NTSTATUS) {
    // One whose cancel routine runs is that routine's.
    let irp = place(&mut child.gate.lock().usb.held).take_if(|irp| irp.set_cancel_routine(None));
    if let Some(irp) = irp {
        irp.complete(status);
    }
}
