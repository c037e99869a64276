//! The idle notification: the hub calls back when the device may be suspended.
//!
//! It is sent at `PASSIVE_LEVEL` with no lock held, because the callback may run within `IoCallDriver`. A use of the
//! handle keeps the device in D0 meanwhile, and is given back when the callback begins. The callback asks for D2 and
//! waits for it: this driver's own dispatch routine gets back what is in flight before the IRP goes down.
//!
//! Page: [USB Selective Suspend](https://learn.microsoft.com/windows-hardware/drivers/usbcon/usb-selective-suspend)

use usbclient_core::power::{Device as DevicePower, DeviceState, outstanding::Arrival};
use usbclient_protocol::status::{NtStatus, STATUS_SUCCESS, Status};

use super::policy;
pub use crate::nt::idle::IdleRequest;
use crate::{
    events::{self, Failed, Step},
    nt::{
        device::Device,
        idle as nt,
        irql::{AtMostDispatch, Passive},
        power,
    },
};

/// Sends the notification.
pub fn submit(device: Device, passive: &mut Passive) {
    if !has_request(device, passive) || !nt::hold_device(device) {
        let mut gate = device.gate.lock(passive);
        gate.power.idle.never_came();
        // Not before the delay has gone by again.
        gate.power_irps.timer.begin_anew();
        return;
    }
    let mut gate = device.gate.lock(passive);
    let handle = if gate.power.device() == DevicePower::Working { gate.lend_handle() } else { None };
    let irp = gate.power_irps.idle.as_ref().map(IdleRequest::irp);
    let (Some(handle), Some(irp)) = (handle, irp) else {
        gate.power.idle.never_came();
        drop(gate);
        nt::let_device_go(device);
        return;
    };
    gate.power_irps.idle_use = Some(handle);
    gate.power_irps.timer.begin_anew();
    let arrival = gate.power.idle.arrived();
    drop(gate);
    if arrival == Arrival::Send {
        events::power_step(device, Step::IdleSubmitted, STATUS_SUCCESS);
        irp.send(device, passive);
    } else {
        nt::let_device_go(device);
    }
    give_back(device, passive);
}

/// Whether the notification is allocated, which it is once.
fn has_request(device: Device, passive: &mut Passive) -> bool {
    if device.gate.lock(passive).power_irps.idle.is_some() {
        return true;
    }
    let request = match IdleRequest::allocate(device) {
        Ok(request) => request,
        Err(status) => {
            events::power_failed(device, Failed::SubmitIdle, status.nt());
            return false;
        }
    };
    device.gate.lock(passive).power_irps.idle = Some(request);
    true
}

/// The device may leave D0.
fn give_back(device: Device, irql: &mut AtMostDispatch) {
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    if let Some(handle) = gate.power_irps.idle_use.take() {
        gate.give_back(handle, device, irql);
    }
}

/// The hub's callback: the device may be suspended.
pub fn called(device: Device, passive: &mut Passive) {
    give_back(device, passive);
    events::power_step(device, Step::IdleCallback, STATUS_SUCCESS);
    let mut gate = device.gate.lock(passive);
    let facts = gate.facts();
    let may_sleep = gate.power.idle_called(facts);
    let state = gate.power.idle_state();
    drop(gate);
    if !may_sleep || suspend(device, state, passive).is_err() {
        cancel(device, passive);
    }
    policy::run_if_needed(device, passive);
}

/// Puts the device to sleep, and waits until it is.
fn suspend(device: Device, state: DeviceState, passive: &Passive) -> Result<(), Status> {
    power::ask_and_wait(device, state, passive)
        .inspect_err(|&status| events::power_failed(device, Failed::Suspend, status.nt()))
}

/// Its completion routine has it.
pub fn came_back(device: Device, status: NtStatus, irql: &mut AtMostDispatch) {
    give_back(device, irql);
    if device.gate.lock(irql).power.idle.came_back() {
        over(device, status, irql);
    }
}

/// Cancels it, if there is one.
pub fn cancel(device: Device, irql: &mut AtMostDispatch) {
    let mut gate = device.gate.lock(irql);
    let is_below = gate.power.idle.cancel();
    let irp = gate.power_irps.idle.as_ref().map(IdleRequest::irp);
    drop(gate);
    let (true, Some(irp)) = (is_below, irp) else { return };
    irp.cancel(irql);
    if device.gate.lock(irql).power.idle.cancelled() {
        over(device, irp.status(), irql);
    }
}

/// It is over, and its IRP is this driver's again.
fn over(device: Device, status: NtStatus, irql: &mut AtMostDispatch) {
    events::power_step(device, Step::IdleEnded, status);
    let mut gate = device.gate.lock(irql);
    gate.power.idle_over(nt::end(status));
    drop(gate);
    policy::run_if_needed(device, irql);
    nt::let_device_go(device);
}
