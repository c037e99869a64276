//! Looks at the trace as it grows: the rules judge it, and whoever listens hears the driver's events.

use nt_trace::{
    Arg, Event, EventKind, RuleSet, Violation,
    event::{EtwField, EtwWritten},
};

use ntsim::campaign::order::handles_are_closed_in_time;

use crate::{
    events::{DriverEvent, Field, Filter, Value},
    transport::Sender,
};

/// The rules, and who listens.
#[derive(Debug, Default)]
pub(super) struct Judge {
    rules: RuleSet,
    /// How many events were taken out of the machine before.
    seen: u64,
    listeners: Vec<(u64, Filter, Sender<DriverEvent>)>,
    next: u64,
    handles: Handles,
}

/// How the handles of the USB driver stack were given and closed.
#[derive(Debug, Default)]
struct Handles {
    kept: Vec<Event>,
}

impl Handles {
    /// The events that say whether a handle is closed before REMOVE goes down.
    fn on(&mut self, event: &Event) {
        let matters = matches!(
            &event.kind,
            EventKind::HandleCreated(_) | EventKind::HandleClosed(_) | EventKind::SystemPowerChanged(_)
        ) || matches!(&event.kind, EventKind::IrpSent(sent) if (sent.major, sent.minor) == (0x1B, 0x02));
        if matters {
            self.kept.push(event.clone());
        }
    }
}

impl Judge {
    /// Judges what has happened since the last time.
    pub(super) fn look(&mut self, events: Vec<Event>) {
        let first = self.seen;
        self.seen += events.len() as u64;
        for mut event in events {
            event.seq += first;
            self.rules.on(&event);
            self.handles.on(&event);
            if let EventKind::EtwWritten(written) = &event.kind {
                self.tell(event.time, written);
            }
        }
    }

    /// What the rules say of all of it. `is_whole`: nothing was cut short.
    pub(super) fn verdict(&mut self, is_whole: bool) -> Vec<String> {
        let violations = self.rules.finish().iter().map(said);
        let mut found: Vec<String> = violations.collect();
        if is_whole {
            found.extend(handles_are_closed_in_time(&self.handles.kept).err());
        }
        found
    }

    /// Somebody listens from now on; gives the number by which it ends.
    pub(super) fn listen(&mut self, filter: Filter, sender: Sender<DriverEvent>) -> u64 {
        self.next += 1;
        self.listeners.push((self.next, filter, sender));
        self.next
    }

    /// Nobody listens there any more.
    pub(super) fn end(&mut self, number: u64) {
        self.listeners.retain(|(one, ..)| *one != number);
    }

    /// What all listeners together want: a level, zero for every one, and keywords. None: nobody listens.
    pub(super) fn wanted(&self) -> Option<(u8, u64)> {
        let levels = || self.listeners.iter().map(|(_, filter, _)| filter.level.value());
        let keywords = self.listeners.iter().fold(0, |all, (_, filter, _)| all | filter.keywords.bits());
        levels().max().map(|highest| (highest, keywords))
    }

    fn tell(&mut self, time: u64, written: &EtwWritten) {
        if self.listeners.is_empty() || !written.wanted {
            return;
        }
        let event = DriverEvent::new(
            written.name.to_string(),
            std::time::Duration::from_nanos(time.saturating_mul(100)),
            written.level,
            written.keyword,
            written.fields.iter().map(field).collect(),
        );
        self.listeners.retain(|(_, filter, sender)| {
            !filter.wants(written.level, written.keyword) || sender.send(event.clone())
        });
    }
}

fn said(violation: &Violation) -> String {
    format!("{}: {}", violation.rule, violation.detail)
}

fn field(field: &EtwField) -> Field {
    let value = match &field.value {
        Arg::Number(number) => Value::Number(*number),
        Arg::Hex(number) => Value::Hex(*number),
        Arg::Status(status) => Value::Status(status.0),
        Arg::Bool(is_true) => Value::Bool(*is_true),
        Arg::Text(text) => Value::Text(text.to_string()),
        other => Value::Text(format!("{other:?}")),
    };
    Field { name: field.name.to_string(), value }
}
