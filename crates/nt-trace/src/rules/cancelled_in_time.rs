//! `CancelledIrpNotCompleted`: an IRP that was cancelled ends soon.
//!
//! Driver Verifier allows a number of milliseconds between `IoCancelIrp` and the end. Here it is five minutes of
//! simulated time; or nobody can run any more and the driver still has it.

use crate::event::{Event, EventKind, Tag};
use crate::map::ObjectMap;
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::{Owner, World};

/// Units of 100 ns in five minutes.
const ALLOWED: u64 = 5 * 60 * 10_000_000;

/// Cancelled IRPs, with when: by `seq` and by simulated time.
#[derive(Debug, Default)]
pub struct CancelledInTime {
    cancelled: ObjectMap<(u64, u64)>,
}

impl Rule for CancelledInTime {
    fn names(&self) -> &'static [&'static str] {
        &["CancelledIrpNotCompleted"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::IrpCancelRequested, Tag::IrpFinished, Tag::IrpFreed, Tag::IrpReinitialised, Tag::Deadlock]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::IrpCancelRequested(cancel) => {
                self.cancelled.entry(cancel.irp).or_insert((event.seq, event.time));
            }
            EventKind::IrpFinished(done) => self.ended(event, done.irp, findings),
            EventKind::IrpFreed(freed) => self.ended(event, freed.irp, findings),
            EventKind::IrpReinitialised(again) => self.ended(event, again.irp, findings),
            EventKind::Deadlock(_) => self.stuck(event, world, findings),
            _ => {}
        }
    }
}

fn found(event: &Event, irp: ObjectId, since: u64, what: &str) -> Violation {
    let found = Violation::new("CancelledIrpNotCompleted", event).code(0xC4, 0x135).object(irp).since(since);
    found.detail(format!("{irp} was cancelled and {what}"))
}

impl CancelledInTime {
    fn ended(&mut self, event: &Event, irp: ObjectId, findings: &mut Findings) {
        let Some((seq, time)) = self.cancelled.remove(&irp) else { return };
        if event.time.saturating_sub(time) > ALLOWED {
            findings.report(found(event, irp, seq, "ended more than five minutes later"));
        }
    }

    fn stuck(&self, event: &Event, world: &World, findings: &mut Findings) {
        let has =
            |irp: &ObjectId| world.irp(*irp).is_some_and(|irp| irp.owner == Owner::Driver && !irp.is_ours());
        let mut stuck: Vec<_> = self.cancelled.iter().filter(|(irp, _)| has(irp)).collect();
        stuck.sort_unstable();
        for (irp, (seq, _)) in stuck {
            findings.report(found(event, *irp, *seq, "the driver keeps it for ever"));
        }
    }
}
