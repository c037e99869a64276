//! What a trace comes to: what moved, what was checked, what was found, and what was not checked.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::amount::{bytes, plural};
use super::fold::transfers;
use super::owner::owners;
use super::timeline::clock;
use crate::catalogue;
use crate::event::{Event, EventKind};
use crate::object::ObjectId;
use crate::rule::RuleSet;
use crate::violation::{Severity, Violation};

/// Data that went over the bus, by direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Transfers: IRPs that carried data.
    pub transfers: u64,
    /// Bytes from the device.
    pub bytes_in: u64,
    /// Bytes to the device.
    pub bytes_out: u64,
    /// Kernel calls that the driver made for these transfers.
    pub calls: u64,
}

/// The sum of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Events.
    pub events: u64,
    /// Simulated time of the last event, in units of 100 ns.
    pub time: u64,
    /// IRPs that the driver received.
    pub irps: u64,
    /// Kernel calls that the driver made.
    pub calls: u64,
    /// Data transfers.
    pub moved: Moved,
    /// USBD handles created and closed.
    pub handles: (u64, u64),
    /// URBs allocated and freed.
    pub urbs: (u64, u64),
    /// Pool blocks allocated and freed.
    pub pool: (u64, u64),
    /// Calls that the plan made fail.
    pub failures_injected: u64,
    /// Violations, advice included.
    pub violations: Vec<Violation>,
    /// Objects left at unload.
    pub leaks: Vec<ObjectId>,
    /// The machine stopped before the script ended.
    pub stopped: bool,
    /// How many rules judged the trace.
    pub rules: u64,
    /// What was not checked, in words.
    pub not_checked: Vec<String>,
}

impl Summary {
    /// Sums up a trace and what its rules found.
    #[must_use]
    pub fn of(events: &[Event], violations: &[Violation]) -> Self {
        let mut summary = Self {
            events: events.len() as u64,
            time: events.last().map_or(0, |event| event.time),
            violations: violations.to_vec(),
            ..Self::default()
        };
        for event in events {
            summary.count(event);
        }
        summary.count_transfers(events);
        let implemented = RuleSet::all().names();
        summary.rules = implemented.len() as u64;
        summary.not_checked.extend(catalogue::not_checked_yet(&implemented));
        summary
    }

    /// Adds something that was not checked.
    #[must_use]
    pub fn not_checked(mut self, what: impl Into<String>) -> Self {
        self.not_checked.push(what.into());
        self
    }

    /// Violations that are no mere advice.
    pub fn errors(&self) -> impl Iterator<Item = &Violation> {
        self.violations.iter().filter(|violation| violation.severity == Severity::Error)
    }

    /// Nothing was violated, nothing leaked and the machine did not stop.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.errors().next().is_none() && self.leaks.is_empty() && !self.stopped
    }

    fn count(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Call(_) => self.calls += 1,
            EventKind::CallbackEnter(enter) if enter.callback.is_dispatch() => self.irps += 1,
            EventKind::HandleCreated(_) => self.handles.0 += 1,
            EventKind::HandleClosed(_) => self.handles.1 += 1,
            EventKind::UrbAllocated(made) if made.urb.is_some() => self.urbs.0 += 1,
            EventKind::UrbFreed(_) => self.urbs.1 += 1,
            EventKind::PoolAllocated(made) if made.block.is_some() => self.pool.0 += 1,
            EventKind::PoolFreed(_) => self.pool.1 += 1,
            EventKind::FailureInjected(_) => self.failures_injected += 1,
            EventKind::Leak(leak) => self.leaks.push(leak.object),
            EventKind::BugCheck(_)
            | EventKind::Fault(_)
            | EventKind::Deadlock(_)
            | EventKind::Livelock(_) => {
                self.stopped = true;
            }
            _ => {}
        }
    }

    fn count_transfers(&mut self, events: &[Event]) {
        let transfers = transfers(events);
        for transfer in transfers.values() {
            let to_host = transfer.endpoint & 0x80 != 0;
            let bytes = if to_host { &mut self.moved.bytes_in } else { &mut self.moved.bytes_out };
            *bytes = bytes.saturating_add(transfer.bytes);
        }
        self.moved.transfers = transfers.len() as u64;
        let owned = events.iter().zip(owners(events));
        let calls = owned.filter(|(event, owner)| {
            matches!(event.kind, EventKind::Call(_)) && transfers.contains_key(owner)
        });
        self.moved.calls = calls.count() as u64;
    }
}

/// `calls / transfers` with one decimal.
fn ratio(calls: u64, transfers: u64) -> String {
    let tenths = calls.saturating_mul(10).checked_div(transfers).unwrap_or(0);
    format!("{}.{}", tenths / 10, tenths % 10)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Moved { transfers, bytes_in, bytes_out, calls } = self.moved;
        writeln!(
            f,
            "{} in {} ms of simulated time: {} to the driver, {} by it",
            plural(self.events, "event"),
            clock(self.time).trim_start(),
            plural(self.irps, "request"),
            plural(self.calls, "kernel call")
        )?;
        if transfers > 0 {
            writeln!(
                f,
                "moved       {} to the host, {} to the device, in {}, {} kernel calls per transfer",
                bytes(bytes_in),
                bytes(bytes_out),
                plural(transfers, "transfer"),
                ratio(calls, transfers)
            )?;
        }
        writeln!(
            f,
            "given back  {} of {}, {} of {}, {} of {}",
            self.handles.1,
            plural(self.handles.0, "USBD handle"),
            self.urbs.1,
            plural(self.urbs.0, "URB"),
            self.pool.1,
            plural(self.pool.0, "pool block")
        )?;
        if self.failures_injected > 0 {
            writeln!(f, "injected    {}", plural(self.failures_injected, "failure"))?;
        }
        self.verdict(f)?;
        for what in &self.not_checked {
            writeln!(f, "not checked {what}")?;
        }
        Ok(())
    }
}

impl Summary {
    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.errors().count() as u64;
        let advice = self.violations.len() as u64 - errors;
        write!(f, "checked     {} rule names: ", self.rules)?;
        if errors == 0 {
            write!(f, "no violation")?;
        } else {
            write!(f, "{}", plural(errors, "violation"))?;
        }
        let leaks = self.leaks.len() as u64;
        write!(f, ", {}", if leaks == 0 { "no leak".to_owned() } else { plural(leaks, "leak") })?;
        if advice > 0 {
            write!(f, ", advice {}", plural(advice, "time"))?;
        }
        writeln!(f, "{}", if self.stopped { ", and the machine stopped" } else { "" })?;
        self.violations.iter().try_for_each(|violation| writeln!(f, "  {violation}"))
    }
}
