//! The idle timer: nothing has happened for the suspend delay.
//!
//! A request costs it nothing: the timer looks at the requests' sequence number each time the delay has gone by, so a
//! device is found idle after one to two delays. It runs only while an idle device would be suspended.
//!
//! Page: [Detecting an Idle Device](https://learn.microsoft.com/windows-hardware/drivers/kernel/detecting-an-idle-device)

use usbclient_core::power::{Device as DevicePower, Facts};

use super::policy;
use crate::{
    gate::Gate,
    nt::{device::Device, irql::AtMostDispatch},
};

/// Units of 100 ns in a millisecond.
const MILLISECOND: i64 = 10_000;

/// What the device's lock guards of the timer.
pub struct IdleTimer {
    is_running: bool,
    seen: u64,
}

impl IdleTimer {
    /// It does not run.
    pub const fn new() -> Self {
        Self { is_running: false, seen: 0 }
    }
}

impl Gate {
    /// Whether the idle timer should be set.
    pub fn needs_idle_timer(&self) -> bool {
        let Facts { is_started, .. } = self.facts();
        let power = &self.power;
        let watches = is_started && power.settings.suspends() && power.device() == DevicePower::Working;
        watches && !power.idle.is_some() && !self.power_irps.timer.is_running
    }
}

/// Sets the timer, if it should be.
pub fn set_if_needed(device: Device, irql: &mut AtMostDispatch) {
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    if !gate.needs_idle_timer() {
        return;
    }
    gate.power_irps.timer = IdleTimer { is_running: true, seen: gate.last_sequence() };
    gate.power_irps.is_due = false;
    let delay = i64::from(gate.power.settings.suspend_delay_ms.max(1));
    // Under the lock: removal takes the timer back after it has closed the gate.
    device.idle_timer.set(delay.saturating_mul(MILLISECOND).wrapping_neg(), irql);
}

/// The timer has expired.
pub fn expired(device: Device, irql: &mut AtMostDispatch) {
    let mut gate = device.gate.lock(irql);
    gate.power_irps.timer.is_running = false;
    let is_quiet = gate.last_sequence() == gate.power_irps.timer.seen;
    let Facts { is_busy, has_held, is_gone, .. } = gate.facts();
    gate.power_irps.is_due = is_quiet && !is_busy && !has_held;
    drop(gate);
    if !is_gone {
        policy::run_if_needed(device, irql);
    }
}
