//! What a session of event tracing hears in a life.

use nt_trace::{
    Arg, Event,
    event::{EtwWritten, EventKind},
};
use ntsim::{
    kernel::Session,
    life::{Life, play},
    machine::Choices,
};

use crate::{assert_clean, machine, scenario};

/// A life to whose every event a session listens, from before the driver is loaded.
///
/// # Panics
/// When the life is not clean.
#[must_use]
pub fn traced(name: &str) -> Life {
    let mut machine = machine();
    if let Err(stop) = machine.next_life(Choices::InTurn) {
        panic!("no new life: {stop}");
    }
    machine.kernel_mut().listen_from_start(Session { level: 0, any: u64::MAX, all: 0 });
    let life = play(&mut machine, &scenario(name));
    assert_clean(&life, name);
    life
}

/// The events that were written.
#[must_use]
pub fn written(events: &[Event]) -> Vec<&EtwWritten> {
    events.iter().filter_map(as_written).collect()
}

/// The event that the driver wrote, if this is one.
#[must_use]
pub const fn as_written(event: &Event) -> Option<&EtwWritten> {
    if let EventKind::EtwWritten(written) = &event.kind { Some(written) } else { None }
}

/// The names of the events that were written.
#[must_use]
pub fn names(events: &[Event]) -> Vec<&str> {
    written(events).iter().map(|event| event.name.as_ref()).collect()
}

/// A field of an event.
///
/// # Panics
/// When it has none of this name.
#[must_use]
pub fn field(event: &EtwWritten, name: &str) -> Arg {
    let found = event.fields.iter().find(|field| field.name == name);
    found.map_or_else(|| panic!("{} has no field {name}", event.name), |field| field.value.clone())
}

/// An event in one line: its name, and what its fields hold, the device's number excepted.
#[must_use]
pub fn line(event: &EtwWritten) -> String {
    let mut line = event.name.to_string();
    for field in event.fields.iter().filter(|field| field.name != "Device") {
        let value = match &field.value {
            Arg::Text(text) => text.to_string(),
            Arg::Number(number) => number.to_string(),
            Arg::Hex(number) => format!("{number:#x}"),
            Arg::Status(status) => status.to_string(),
            other => format!("{other:?}"),
        };
        line.push_str(", ");
        line.push_str(&value);
    }
    line
}
