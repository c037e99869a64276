//! The idle timer: nothing has happened for the suspend delay.
//!
//! It runs only while the device is idle and an idle device would be suspended. A request costs it nothing: when the delay
//! has gone by it looks at the requests' sequence number, and is set again if there was one meanwhile; a device is found
//! idle after one to two delays. While something is in flight it does not run: the end of the last request sets it.
//!
//! Page: [Detecting an Idle Device](https://learn.microsoft.com/windows-hardware/drivers/kernel/detecting-an-idle-device)

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
    /// The sequence number of the last request when it was set.
    seen: u64,
    /// The delay went by after the request with this number, and no other came.
    due_after: Option<u64>,
}

impl IdleTimer {
    /// It does not run.
    pub const fn new() -> Self {
        Self { is_running: false, seen: 0, due_after: None }
    }

    /// Whether nothing has happened for the delay, `last` being the number of the last request.
    pub fn is_due(&self, last: u64) -> bool {
        self.due_after == Some(last)
    }

    /// The delay begins anew.
    pub const fn begin_anew(&mut self) {
        self.due_after = None;
    }
}

impl Gate {
    /// Whether the idle timer should be set.
    pub fn needs_idle_timer(&self) -> bool {
        // What is cheap to see comes first: this is asked for every request.
        if self.power_irps.timer.is_running || !self.power.settings.suspends() {
            return false;
        }
        let facts = self.facts();
        !facts.is_due && self.power.watches_idleness(facts)
    }

    /// Sets the idle timer, if it should be: something has ended.
    pub fn watch_idleness(&mut self, device: Device, irql: &AtMostDispatch) {
        if !self.needs_idle_timer() {
            return;
        }
        let seen = self.last_sequence();
        self.power_irps.timer = IdleTimer { is_running: true, seen, due_after: None };
        let delay = i64::from(self.power.settings.suspend_delay_ms.max(1));
        // Under the lock: removal takes the timer back after it has closed the gate.
        device.idle_timer.set(delay.saturating_mul(MILLISECOND).wrapping_neg(), irql);
    }
}

/// Sets the timer, if it should be.
pub fn set_if_needed(device: Device, irql: &mut AtMostDispatch) {
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    gate.watch_idleness(device, irql);
}

/// The timer has expired.
pub fn expired(device: Device, irql: &mut AtMostDispatch) {
    let mut guard = device.gate.lock(irql);
    let (gate, at_dispatch) = guard.split();
    let last = gate.last_sequence();
    let timer = &mut gate.power_irps.timer;
    timer.is_running = false;
    timer.due_after = (timer.seen == last).then_some(last);
    // If the device is busy now, the end of that sets it.
    gate.watch_idleness(device, at_dispatch);
    let has_job = gate.has_power_job();
    drop(guard);
    if has_job {
        policy::run(device);
    }
}
