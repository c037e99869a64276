//! `BugCheck`, `MemoryAccess`, `Deadlock`, `Livelock`: the machine stopped and no other rule explains why.

use crate::event::{Event, EventKind, Tag};
use crate::names;
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// Why the machine stopped.
#[derive(Default)]
pub struct Machine {
    stops: Vec<Event>,
}

impl Rule for Machine {
    fn names(&self) -> &'static [&'static str] {
        &["BugCheck", "MemoryAccess", "Deadlock", "Livelock"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::BugCheck, Tag::Fault, Tag::Deadlock, Tag::Livelock]
    }

    fn on(&mut self, event: &Event, _: &World, findings: &mut Findings) {
        if let EventKind::Fault(fault) = &event.kind {
            let found = Violation::new("MemoryAccess", event).object(fault.object);
            findings.report(found.detail(fault.text.as_ref()));
        }
        self.stops.push(event.clone());
    }

    fn at_end(&mut self, _: &Event, _: &World, findings: &mut Findings) {
        let faulted = self.stops.iter().any(|event| matches!(event.kind, EventKind::Fault(_)));
        for event in &self.stops {
            match &event.kind {
                EventKind::BugCheck(stop) => {
                    let [parameter, ..] = stop.parameters;
                    if !faulted && !findings.explains(stop.code, parameter) {
                        let name = names::bug_check(stop.code).unwrap_or("bug check");
                        let found = Violation::new("BugCheck", event).check(stop.code);
                        findings.report(found.detail(format!("{name} (0x{parameter:x}): {}", stop.text)));
                    }
                }
                EventKind::Deadlock(lock) if findings.list().is_empty() => {
                    findings.report(Violation::new("Deadlock", event).detail(lock.text.as_ref()));
                }
                EventKind::Livelock(lock) if findings.list().is_empty() => {
                    findings.report(Violation::new("Livelock", event).detail(lock.text.as_ref()));
                }
                _ => {}
            }
        }
    }
}
