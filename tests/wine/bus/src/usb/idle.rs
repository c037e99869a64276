//! Idle notifications: `IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION`.
//!
//! The hub calls the driver's callback soon, from a thread of its own, and holds the IRP until the device enters D0 or D3,
//! the system changes its state, the IRP is cancelled, or the device is removed. One that ends while the callback runs is
//! completed when it has returned.
//!
//! Page: [USB selective suspend](https://learn.microsoft.com/windows-hardware/drivers/usbcon/usb-selective-suspend)

// UNSAFETY: calls a routine of the client's, and has one that the kernel calls.
#![expect(unsafe_code, reason = "calls the client")]

use alloc::{boxed::Box, sync::Arc};
use core::ptr;

use wdk_sys::{DEVICE_OBJECT, IRP, USB_IDLE_CALLBACK, USB_IDLE_CALLBACK_INFO};

use crate::{
    child::Child,
    nt::{
        device::Device,
        irp::Irp,
        status::{
            NTSTATUS, STATUS_CANCELLED, STATUS_DEVICE_BUSY, STATUS_INSUFFICIENT_RESOURCES,
            STATUS_INVALID_PARAMETER, STATUS_NO_SUCH_DEVICE, STATUS_PENDING, STATUS_POWER_STATE_INVALID,
        },
        time, work,
    },
    role::Role,
    shared::line::trace,
};

/// How long the hub takes to call back, in units of 100 ns: 5 ms.
const LATE: u32 = 50_000;

/// An idle notification that the hub holds.
pub struct Idle {
    irp: Irp,
    /// No other notification has it, though one of the same IRP may come.
    serial: u64,
    callback: USB_IDLE_CALLBACK,
    context: usize,
    is_calling: bool,
    /// Why it ends when the callback returns.
    ended: Option<NTSTATUS>,
    /// Its cancel routine has run, and left it to whoever calls.
    is_cancelled: bool,
}

/// An idle notification arrives.
pub fn notification(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    let control = irp.control();
    let info: *const USB_IDLE_CALLBACK_INFO = ptr::with_exposed_provenance(control.type3);
    let whole = control.input >= size_of::<USB_IDLE_CALLBACK_INFO>();
    // SAFETY: the client gives NULL or the structure, and says how long it is.
    let info = unsafe { info.as_ref() }.filter(|_| whole);
    let taken = {
        let mut gate = child.gate.lock();
        match info {
            _ if gate.usb.gone => Err(STATUS_NO_SUCH_DEVICE),
            None => Err(STATUS_INVALID_PARAMETER),
            _ if gate.usb.idle.is_some() => Err(STATUS_DEVICE_BUSY),
            _ if !gate.usb.powered => Err(STATUS_POWER_STATE_INVALID),
            _ if irp.is_cancelled() => Err(STATUS_CANCELLED),
            Some(info) => {
                let context = info.IdleContext.expose_provenance();
                gate.usb.latest += 1;
                gate.usb.idle = Some(Idle {
                    irp,
                    serial: gate.usb.latest,
                    callback: info.IdleCallback,
                    context,
                    is_calling: false,
                    ended: None,
                    is_cancelled: false,
                });
                irp.mark_pending();
                irp.set_cancel_routine(Some(cancelled));
                Ok(gate.usb.latest)
            }
        }
    };
    let serial = match taken {
        Ok(serial) => serial,
        Err(status) => return irp.complete(status),
    };
    trace!("~bus idle {}", child.number);
    // Cancelled before its routine was there: it is nobody else's then. One that is held no longer is not looked at.
    let is_ours =
        |idle: &mut Idle| idle.serial == serial && irp.is_cancelled() && irp.set_cancel_routine(None);
    let was_cancelled = child.gate.lock().usb.idle.take_if(is_ours).is_some();
    if was_cancelled {
        irp.complete(STATUS_CANCELLED);
        return STATUS_PENDING;
    }
    let caller = Arc::clone(child);
    let work = Box::new(move || {
        time::pause(LATE);
        call_back(&caller, serial);
    });
    if work::queue(child.physical(), work).is_err() {
        end(child, STATUS_INSUFFICIENT_RESOURCES);
    }
    STATUS_PENDING
}

/// Calls the client's callback, if the notification still waits for that.
fn call_back(child: &Child, serial: u64) {
    let called = {
        let mut gate = child.gate.lock();
        gate.usb.idle.as_mut().filter(|idle| idle.serial == serial).map(|idle| {
            idle.is_calling = true;
            (idle.callback, idle.context)
        })
    };
    let Some((callback, context)) = called else { return };
    trace!("~bus idlecall {}", child.number);
    if let Some(callback) = callback {
        // SAFETY: the client gave both, and the notification is not completed before this returns.
        unsafe { callback(ptr::with_exposed_provenance_mut(context)) };
    }
    trace!("~bus idlecalled {}", child.number);
    let done = {
        let mut gate = child.gate.lock();
        let returned = |idle: &mut Idle| {
            idle.is_calling = false;
            // One that is cancelled right now is its cancel routine's.
            idle.ended.is_some() && (idle.is_cancelled || idle.irp.set_cancel_routine(None))
        };
        gate.usb.idle.take_if(returned)
    };
    if let Some(Idle { irp, ended, .. }) = done {
        irp.complete(ended.unwrap_or(STATUS_CANCELLED));
    }
}

unsafe extern "C" fn cancelled(device: *mut DEVICE_OBJECT, irp: *mut IRP) {
    let irp = Irp::of(irp);
    irp.release_cancel_spin_lock();
    let Some(Role::Child(child)) = Device::of(device).map(Device::role) else { return };
    let is_called = {
        let mut gate = child.gate.lock();
        match &mut gate.usb.idle {
            Some(idle) if idle.irp == irp && idle.is_calling => {
                idle.ended.get_or_insert(STATUS_CANCELLED);
                idle.is_cancelled = true;
                true
            }
            _ => {
                let _ = gate.usb.idle.take_if(|idle| idle.irp == irp);
                false
            }
        }
    };
    if !is_called {
        irp.complete(STATUS_CANCELLED);
    }
}

/// The notification is over: now, or when its callback returns.
pub fn end(child: &Child, status: NTSTATUS) {
    let done = {
        let mut gate = child.gate.lock();
        let over = |idle: &mut Idle| {
            if idle.is_calling {
                idle.ended.get_or_insert(status);
            }
            // One whose cancel routine runs is that routine's.
            !idle.is_calling && idle.irp.set_cancel_routine(None)
        };
        gate.usb.idle.take_if(over)
    };
    if let Some(Idle { irp, .. }) = done {
        irp.complete(status);
    }
}
