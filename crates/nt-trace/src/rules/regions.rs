//! `CriticalRegions` and `GuardedRegions`: entered and left in turn, and left before the callback returns.
//! Nesting is allowed. `WithinCriticalRegion`: executive resources are taken in a critical region.

use crate::event::{Event, EventKind, Tag};
use crate::map::NumberMap;
use crate::names::APC_LEVEL;
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// Regions that threads are in.
#[derive(Default)]
pub struct Regions {
    entered: NumberMap<Vec<(&'static Kind, u64)>>,
}

struct Kind {
    rule: &'static str,
    code: u32,
    enter: &'static str,
    leave: &'static str,
}

static KINDS: [Kind; 2] = [
    Kind {
        rule: "CriticalRegions",
        code: 0x0004_0003,
        enter: "KeEnterCriticalRegion",
        leave: "KeLeaveCriticalRegion",
    },
    Kind {
        rule: "GuardedRegions",
        code: 0x0004_000E,
        enter: "KeEnterGuardedRegion",
        leave: "KeLeaveGuardedRegion",
    },
];

impl Rule for Regions {
    fn names(&self) -> &'static [&'static str] {
        &["CriticalRegions", "GuardedRegions", "WithinCriticalRegion"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::Call, Tag::CallbackLeave]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::Call(call) if call.routine.ends_with("Region") => {
                self.call(event, &call.routine, findings);
            }
            EventKind::Call(call) if call.routine.starts_with("ExAcquireResource") => {
                let inside = self.entered.get(&event.thread).is_some_and(|regions| !regions.is_empty());
                // At APC_LEVEL nothing is delivered either.
                if !inside && event.irql < APC_LEVEL {
                    let detail = format!("{} outside a critical region", call.routine);
                    findings.report(Violation::new("WithinCriticalRegion", event).detail(detail));
                }
            }
            EventKind::CallbackLeave(_) => self.leave(event, world, findings),
            _ => {}
        }
    }
}

impl Regions {
    fn call(&mut self, event: &Event, routine: &str, findings: &mut Findings) {
        let inside = self.entered.entry(event.thread).or_default();
        for kind in &KINDS {
            if routine == kind.enter {
                inside.push((kind, event.seq));
            } else if routine == kind.leave {
                let at = inside.iter().rposition(|(entered, _)| entered.rule == kind.rule);
                if at.map(|at| inside.remove(at)).is_none() {
                    let found = Violation::new(kind.rule, event).code(0xC4, kind.code);
                    findings.report(found.detail(format!("{routine} without {}", kind.enter)));
                }
            }
        }
    }

    fn leave(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        let Some(inside) = self.entered.get_mut(&event.thread) else { return };
        let Some(frame) = world.frame(event) else { return };
        while let Some((kind, seq)) = inside.pop_if(|(_, seq)| *seq > frame.entered) {
            let found =
                Violation::new(kind.rule, event).code(0xC4, kind.code).since(frame.entered).since(seq);
            findings.report(found.detail(format!("the callback returned without {}", kind.leave)));
        }
    }
}
