//! `BugCheck`, `MemoryAccess`, `IrpTouchedBelow`, `Deadlock`, `Livelock`: the machine stopped and no other rule explains why.

use crate::event::{BugCheck, Event, EventKind, Tag};
use crate::names;
use crate::object::ObjectKind;
use crate::rule::Rule;
use crate::violation::{Code, Findings, Violation};
use crate::world::World;

/// Why the machine stopped.
#[derive(Default)]
pub struct Machine {
    stops: Vec<Event>,
}

impl Rule for Machine {
    fn names(&self) -> &'static [&'static str] {
        &[
            "BugCheck",
            "MemoryAccess",
            "IrpTouchedBelow",
            "Deadlock",
            "Livelock",
            "InvalidDeviceObject",
            "InformationTooLarge",
            "StackLocationsExhausted",
            "MutexTakenTwice",
            "StaticStreams",
            "ChainedMdl",
            "WmiLeftRegistered",
        ]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::BugCheck, Tag::Fault, Tag::Deadlock, Tag::Livelock]
    }

    fn on(&mut self, event: &Event, _: &World, _: &mut Findings) {
        self.stops.push(event.clone());
    }

    fn at_end(&mut self, _: &Event, _: &World, findings: &mut Findings) {
        let faulted = self.stops.iter().any(|event| matches!(event.kind, EventKind::Fault(_)));
        for event in &self.stops {
            match &event.kind {
                EventKind::Fault(fault) => {
                    let irp = fault.given_away && fault.object.kind == ObjectKind::Irp;
                    let rule = if irp { "IrpTouchedBelow" } else { "MemoryAccess" };
                    let mut found = Violation::new(rule, event).object(fault.object);
                    found.code = self.bug_check_of(event).map(Code::only);
                    findings.report(found.detail(fault.text.as_ref()));
                }
                EventKind::BugCheck(stop) if !faulted && !findings.explains(event, stop) => {
                    findings.report(unexplained(event, stop));
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

impl Machine {
    /// The bug check that a fault led to.
    fn bug_check_of(&self, fault: &Event) -> Option<u32> {
        self.stops.iter().find_map(|event| match &event.kind {
            EventKind::BugCheck(stop) if event.seq > fault.seq => Some(stop.code),
            _ => None,
        })
    }
}

/// A kernel or stack that refuses to go on may stop before the event that a rule waits for. Where the bug
/// check says which rule it is, it is reported under that name.
const STOPS: &[(u32, u64, &str)] = &[
    (0x9F, 0x03, "PowerIrpBlocked"),
    (0xC4, 0xD5, "RemoveLockRelease2"),
    (0xC4, 0xD6, "RemoveLockCheck"),
    (0xC4, 0xD7, "RemoveLock"),
    (0xC4, 0xDA, "WmiLeftRegistered"),
    (0xC4, 0xDB, "WmiLeftRegistered"),
    (0xC9, 0x01, "IoAllocateFree"),
    (0xC9, 0x02, "IoAllocateFree"),
    (0xC9, 0x03, "ForwardNotOwned"),
    (0xC9, 0x06, "CompleteRequestStatusCheck"),
    (0xC9, 0x07, "CompleteWithCancelRoutine"),
    (0xC9, 0x202, "DeleteDevice"),
    (0xC9, 0x203, "ForwardWithCancelRoutine"),
    (0xC9, 0x207, "CompletionRoutineCopied"),
    (0xC9, 0x240, "DeleteDevice"),
    (0xC4, 0x1000, "MutexTakenTwice"),
    (0xC4, 0x1004, "MutexNotHeld"),
    (0xC9, 0x04, "InvalidDeviceObject"),
    (0xC9, 0x204, "InvalidDeviceObject"),
    (0xC9, 0x312, "InformationTooLarge"),
    (0x144, 0x01, "UrbReusedWhileActive"),
    (0x144, 0x03, "ForeignUrb"),
    (0x144, 0x800, "StaticStreams"),
    (0x144, 0x801, "StaticStreams"),
    (0x144, 0x802, "StaticStreams"),
    (0x144, 0x803, "StaticStreams"),
    (0x144, 0x805, "StaticStreams"),
    (0x144, 0x806, "ChainedMdl"),
    (0x144, 0x807, "ChainedMdl"),
    (0xFE, 0x02, "UrbReusedWhileActive"),
    (0xFE, 0x04, "ForwardNotOwned"),
];

/// The same, where the first parameter is an address.
const STOPS_ALONE: &[(u32, &str)] = &[(0x35, "StackLocationsExhausted")];

fn unexplained(event: &Event, stop: &BugCheck) -> Violation {
    let [parameter, ..] = stop.parameters;
    let known = STOPS.iter().find(|(code, first, _)| (*code, *first) == (stop.code, parameter));
    if let Some((_, _, rule)) = known {
        let first = u32::try_from(parameter).unwrap_or(0);
        return Violation::new(rule, event).code(stop.code, first).detail(stop.text.as_ref());
    }
    if let Some((_, rule)) = STOPS_ALONE.iter().find(|(code, _)| *code == stop.code) {
        return Violation::new(rule, event).check(stop.code).detail(stop.text.as_ref());
    }
    let name = names::bug_check(stop.code).unwrap_or("bug check");
    let detail = format!("{name} (0x{parameter:x}): {}", stop.text);
    Violation::new("BugCheck", event).check(stop.code).detail(detail)
}
