//! `CompleteWithCancelRoutine`, `ForwardWithCancelRoutine` and `CancelRoutineOnIrpBelow`: an IRP that is given away
//! has no cancel routine of ours any more, and gets none.

use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::{Owner, World};

pub const RULE: Predicate = Predicate {
    names: &["CompleteWithCancelRoutine", "ForwardWithCancelRoutine", "CancelRoutineOnIrpBelow"],
    interest: &[Tag::IrpCompleteCalled, Tag::IrpSent, Tag::CancelRoutineSet],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    match &event.kind {
        EventKind::IrpCompleteCalled(call) if call.by == Actor::Driver && call.cancel_routine => {
            let found = Violation::new("CompleteWithCancelRoutine", event).code(0xC9, 0x07).object(call.irp);
            findings.report(found.detail(format!("{} was completed with a cancel routine set", call.irp)));
        }
        EventKind::IrpSent(sent) if sent.by == Actor::Driver && sent.cancel_routine => {
            let found = Violation::new("ForwardWithCancelRoutine", event).code(0xC9, 0x203).object(sent.irp);
            findings.report(found.detail(format!("{} was sent down with a cancel routine set", sent.irp)));
        }
        EventKind::CancelRoutineSet(set) => {
            if let Some(irp) = world.irp(set.irp).filter(|irp| irp.owner == Owner::Below) {
                let found = Violation::new("CancelRoutineOnIrpBelow", event).code(0xC9, 0x229);
                let detail = format!("a cancel routine was set on {}, which a lower driver has", set.irp);
                findings.report(found.object(set.irp).since(irp.sent).detail(detail));
            }
        }
        _ => {}
    }
}
