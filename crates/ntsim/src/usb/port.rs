//! Requests that concern the port: reset, cycle, status.

use nt_trace::NtStatus;

use super::bus::complete;
use crate::{
    abi::{
        status::{
            STATUS_INVALID_LEVEL, STATUS_INVALID_PARAMETER, STATUS_NO_SUCH_DEVICE, STATUS_SUCCESS,
            STATUS_UNSUCCESSFUL,
        },
        usbd_status::USBD_STATUS_CANCELED,
    },
    kernel::Kernel,
    mem::Addr,
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
};

/// `USBD_PORT_ENABLED`
const USBD_PORT_ENABLED: u32 = 1;
/// `USBD_PORT_CONNECTED`
const USBD_PORT_CONNECTED: u32 = 2;

/// `IOCTL_INTERNAL_USB_RESET_PORT`: the configuration and the pipe handles survive; transfers do not.
///
/// # Errors
/// When the machine stops.
pub(super) async fn reset(cpu: &Cpu, pdo: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let status = {
        let mut kernel = cpu.k();
        kernel.usb_tell_pending(pdo, irp, "reset the port", None);
        kernel.usb_reset_port(pdo)
    };
    complete(cpu, pdo, irp, status).await
}

/// `IOCTL_INTERNAL_USB_CYCLE_PORT`: as if the device were pulled and plugged in again. The PnP manager, which
/// is told by [`Usb::take_cycled`](super::Usb::take_cycled), removes the stack and builds another.
///
/// # Errors
/// When the machine stops.
pub(super) async fn cycle(cpu: &Cpu, pdo: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let status = {
        let mut kernel = cpu.k();
        let status = kernel.usb_port_request(pdo);
        if status == STATUS_SUCCESS {
            kernel.usb_tell_pending(pdo, irp, "cycle the port", None);
            super::cycle_port(&mut kernel, pdo);
        }
        status
    };
    complete(cpu, pdo, irp, status).await
}

/// `IOCTL_INTERNAL_USB_GET_PORT_STATUS`: a ULONG of `USBD_PORT_*` bits at `Argument1`.
///
/// # Errors
/// When the machine stops.
pub(super) async fn status(cpu: &Cpu, pdo: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let status = {
        let mut kernel = cpu.k();
        let out = kernel.current_location(irp)?.Parameters.Argument1;
        if out.is_null() {
            STATUS_INVALID_PARAMETER
        } else {
            let connected = !kernel.usb.is_gone(pdo);
            let bits = if connected { USBD_PORT_ENABLED | USBD_PORT_CONNECTED } else { 0 };
            kernel.mem.write(out, &bits)?;
            STATUS_SUCCESS
        }
    };
    complete(cpu, pdo, irp, status).await
}

impl Kernel {
    /// What every request that disturbs the port must be.
    fn usb_port_request(&self, pdo: Addr) -> NtStatus {
        if self.sched.irql() > PASSIVE_LEVEL {
            STATUS_INVALID_LEVEL
        } else if self.usb.is_gone(pdo) {
            STATUS_NO_SUCH_DEVICE
        } else {
            STATUS_SUCCESS
        }
    }

    pub(super) fn usb_reset_port(&mut self, pdo: Addr) -> NtStatus {
        let status = self.usb_port_request(pdo);
        if status != STATUS_SUCCESS {
            return status;
        }
        self.usb_abort(pdo, USBD_STATUS_CANCELED, |_, _| true);
        let now = self.usb_now();
        let Some(device) = self.usb.devices.get_mut(&pdo) else { return STATUS_NO_SUCH_DEVICE };
        device.model.reset(now);
        let mut restored = true;
        if let Some(selected) = &device.configuration {
            restored = device.model.set_configuration(now, selected.value).is_ok();
            for (interface, alternate) in selected.settings.iter().filter(|(_, alternate)| **alternate != 0) {
                restored &= device.model.set_interface(now, *interface, *alternate).is_ok();
            }
        }
        for pipe in device.pipes.values_mut() {
            pipe.halted = false;
            pipe.next_frame = None;
        }
        self.usb_pump(pdo);
        if restored { STATUS_SUCCESS } else { STATUS_UNSUCCESSFUL }
    }
}
