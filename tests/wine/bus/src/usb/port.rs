//! Requests that concern the port: reset, cycle, status.

// UNSAFETY: writes where a request says.
#![expect(unsafe_code, reason = "works on the client's memory")]

use alloc::sync::Arc;
use core::ptr;

use super::{Usb, engine, status as usbd};
use crate::{
    child::Child,
    nt::{
        irp::Irp,
        status::{
            NTSTATUS, STATUS_INVALID_PARAMETER, STATUS_NO_SUCH_DEVICE, STATUS_SUCCESS, STATUS_UNSUCCESSFUL,
        },
        time,
    },
    shared::line::trace,
};

/// `USBD_PORT_ENABLED` and `USBD_PORT_CONNECTED`.
const ENABLED_AND_CONNECTED: u32 = 3;

/// `IOCTL_INTERNAL_USB_RESET_PORT`: the configuration and the pipe handles survive; transfers do not.
pub fn reset(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    trace!("~bus reset {}", child.number);
    let status = child.gate.lock().usb.reset_port();
    engine::pump(child);
    irp.complete(status)
}

/// `IOCTL_INTERNAL_USB_CYCLE_PORT`: as if the device were pulled and plugged in again. Its stack is removed, and another is
/// built.
pub fn cycle(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    trace!("~bus cycle {}", child.number);
    if child.gate.lock().usb.is_gone() {
        return irp.complete(STATUS_NO_SUCH_DEVICE);
    }
    child.pull();
    let status = child.replug();
    child.bus.physical.children_changed();
    irp.complete(status)
}

/// `IOCTL_INTERNAL_USB_GET_PORT_STATUS`: a ULONG of `USBD_PORT_*` bits where `Argument1` says.
pub fn status(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    let out: *mut u32 = ptr::with_exposed_provenance_mut(irp.argument1());
    if out.is_null() {
        return irp.complete(STATUS_INVALID_PARAMETER);
    }
    let bits = if child.gate.lock().usb.is_gone() { 0 } else { ENABLED_AND_CONNECTED };
    // SAFETY: the client has room for a ULONG there.
    unsafe { out.write(bits) };
    irp.complete(STATUS_SUCCESS)
}

impl Usb {
    fn reset_port(&mut self) -> NTSTATUS {
        if self.gone {
            return STATUS_NO_SUCH_DEVICE;
        }
        let now = time::now();
        self.abort(now, usbd::CANCELED, |_, _| true);
        self.model.reset(now);
        let mut restored = true;
        if let Some(selected) = &self.configuration {
            restored = self.model.set_configuration(now, selected.value).is_ok();
            for (interface, alternate) in selected.settings.iter().filter(|(_, alternate)| **alternate != 0) {
                restored &= self.model.set_interface(now, *interface, *alternate).is_ok();
            }
        }
        for pipe in self.pipes.values_mut() {
            pipe.halted = false;
            pipe.next_frame = None;
        }
        if restored { STATUS_SUCCESS } else { STATUS_UNSUCCESSFUL }
    }
}
