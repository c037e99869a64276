//! `IrpCancelField`: who sets a cancel routine looks at `Irp->Cancel` afterwards.
//!
//! An IRP that was cancelled before it had a cancel routine is cancelled by nobody else: `IoCancelIrp` has found no
//! routine to call. Whoever sets one then takes it back, or completes the IRP, before the callback that set it ends.

use crate::event::{Event, EventKind, Tag};
use crate::map::{ObjectMap, ObjectSet};
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// IRPs that were cancelled, and cancel routines that were set too late.
#[derive(Debug, Default)]
pub struct IrpCancelField {
    cancelled: ObjectSet,
    late: ObjectMap<(u32, u64)>,
}

impl Rule for IrpCancelField {
    fn names(&self) -> &'static [&'static str] {
        &["IrpCancelField"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[
            Tag::IrpCancelRequested,
            Tag::CancelRoutineSet,
            Tag::CancelRoutineCleared,
            Tag::IrpCompleteCalled,
            Tag::IrpFreed,
            Tag::IrpReinitialised,
            Tag::CallbackLeave,
        ]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::IrpCancelRequested(cancel) => {
                self.cancelled.insert(cancel.irp);
                self.late.remove(&cancel.irp);
            }
            EventKind::CancelRoutineSet(set) if self.cancelled.contains(&set.irp) => {
                self.late.insert(set.irp, (event.thread, event.seq));
            }
            EventKind::CancelRoutineCleared(cleared) => {
                self.late.remove(&cleared.irp);
            }
            EventKind::IrpCompleteCalled(call) => {
                self.late.remove(&call.irp);
            }
            EventKind::IrpFreed(freed) => self.forget(freed.irp),
            EventKind::IrpReinitialised(again) => self.forget(again.irp),
            EventKind::CallbackLeave(_) if !self.late.is_empty() => self.leave(event, world, findings),
            _ => {}
        }
    }
}

impl IrpCancelField {
    fn forget(&mut self, irp: ObjectId) {
        self.cancelled.remove(&irp);
        self.late.remove(&irp);
    }

    fn leave(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        let Some(frame) = world.frame(event) else { return };
        let mut here: Vec<_> = self
            .late
            .iter()
            .filter(|(_, (thread, seq))| *thread == event.thread && *seq > frame.entered)
            .map(|(irp, (_, seq))| (*irp, *seq))
            .collect();
        here.sort_unstable();
        for (irp, seq) in here {
            self.late.remove(&irp);
            let found = Violation::new("IrpCancelField", event).object(irp).since(frame.entered).since(seq);
            let detail =
                format!("{irp} was cancelled before its cancel routine was set, and nobody looked at Cancel");
            findings.report(found.detail(detail));
        }
    }
}
