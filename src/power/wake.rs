//! The wait/wake IRP: the device may signal wake while it is pending.
//!
//! Pages: [Overview of Wait/Wake Operation](https://learn.microsoft.com/windows-hardware/drivers/kernel/overview-of-wait-wake-operation),
//! [Canceling a Wait/Wake IRP](https://learn.microsoft.com/windows-hardware/drivers/kernel/canceling-a-wait-wake-irp),
//! [Wait/Wake Callback Routines](https://learn.microsoft.com/windows-hardware/drivers/kernel/wait-wake-callback-routines)

use usbclient_core::power::{SystemState, outstanding::Arrival};
use usbclient_protocol::status::{NtStatus, STATUS_CANCELLED, STATUS_SUCCESS};

use super::policy;
use crate::{
    events::{self, Failed, Step},
    nt::{
        device::Device,
        irp::Irp,
        irql::{AtMostDispatch, Passive},
        power::{self as nt, Cancellable},
    },
};

/// Asks for a wait/wake IRP, for the deepest state of the system that the device can wake it from.
pub fn arm(device: Device, passive: &mut Passive) {
    let deepest = device.gate.lock(passive).power.capabilities.system_wake.unwrap_or(SystemState::S0);
    if let Err(status) = nt::ask_wake(device, deepest, passive) {
        events::power_failed(device, Failed::ArmWake, status.nt());
        let mut gate = device.gate.lock(passive);
        gate.power.wake.never_came();
        gate.power.wake_refused();
    }
}

/// It comes by on its way down: whoever cancels it has its address from here on.
pub fn arrived(device: Device, irp: &Irp, irql: &mut AtMostDispatch) -> Arrival {
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    let arrival = gate.power.wake.arrived();
    if arrival == Arrival::Send {
        gate.power_irps.wake = Some(Cancellable::of(irp));
        // From here on the device can come back by itself.
        gate.watch_idleness(device, irql);
    }
    drop(guard);
    if arrival == Arrival::Send {
        events::power_step(device, Step::WakeArmed, STATUS_SUCCESS);
    }
    arrival
}

/// Its completion routine has it. False: whoever cancels it just now completes it.
pub fn came_back(device: Device, irql: &mut AtMostDispatch) -> bool {
    let mut gate = device.gate.lock(irql);
    let is_free = gate.power.wake.came_back();
    if is_free {
        gate.power_irps.wake = None;
    }
    is_free
}

/// Cancels it, if there is one.
pub fn cancel(device: Device, irql: &mut AtMostDispatch) {
    let mut gate = device.gate.lock(irql);
    let irp = if gate.power.wake.cancel() { gate.power_irps.wake } else { None };
    drop(gate);
    let Some(irp) = irp else { return };
    irp.cancel(irql);
    let mut gate = device.gate.lock(irql);
    let is_ours = gate.power.wake.cancelled();
    if is_ours {
        gate.power_irps.wake = None;
    }
    drop(gate);
    if is_ours {
        let mut pended = irp.take(device);
        let status = pended.raw().status();
        pended.complete(status, 0);
    }
}

/// Its callback: a device that signalled wake is brought into D0, and armed again there. While the system sleeps, or is
/// about to, its IRP for S0 does that.
pub fn over(device: Device, status: NtStatus, irql: &mut AtMostDispatch) {
    events::power_step(device, Step::WakeEnded, status);
    let mut gate = device.gate.lock(irql);
    gate.power.wake.never_came();
    if !status.is_success() && status != STATUS_CANCELLED.nt() {
        gate.power.wake_refused();
    }
    if status.is_success() {
        gate.power.woke();
    }
    drop(gate);
    policy::run_if_needed(device, irql);
}
