//! How a driver prepared the next stack location of an IRP before it sent it.

use crate::event::{Actor, Event, EventKind};
use crate::map::ObjectMap;

/// IRPs whose next stack location is prepared.
#[derive(Default)]
pub struct Prepared {
    by_irp: ObjectMap<How>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Skipped,
    WithRoutine,
}

impl Prepared {
    /// Remembers what an event says about preparation.
    pub fn note(&mut self, kind: &EventKind) {
        match kind {
            EventKind::StackSkipped(skipped) => {
                self.by_irp.insert(skipped.irp, How::Skipped);
            }
            EventKind::CompletionRoutineSet(set) => {
                self.by_irp.insert(set.irp, How::WithRoutine);
            }
            _ => {}
        }
    }

    /// Words to add to the line that says that the driver sends an IRP.
    pub fn how(&mut self, event: &Event) -> &'static str {
        let EventKind::IrpSent(sent) = &event.kind else { return "" };
        match self.by_irp.remove(&sent.irp).filter(|_| sent.by == Actor::Driver) {
            Some(How::Skipped) => " and is done with it",
            Some(How::WithRoutine) => ", with a completion routine",
            None => "",
        }
    }
}
