//! `DoubleCompletion` and `CompleteRequest`: an IRP is completed once, by its owner.

use super::predicate::Predicate;
use crate::event::{Actor, Callback, CallbackLeave, Event, EventKind, IrpCompleteCalled, Tag};
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::{Owner, World};

pub const RULE: Predicate = Predicate {
    names: &["DoubleCompletion", "CompleteRequest"],
    interest: &[Tag::IrpCompleteCalled, Tag::CallbackLeave],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    match &event.kind {
        EventKind::IrpCompleteCalled(call) if call.by == Actor::Driver => {
            complete(event, call, world, findings);
        }
        EventKind::CallbackLeave(leave) => completion_routine(event, leave, world, findings),
        _ => {}
    }
}

fn complete(event: &Event, call: &IrpCompleteCalled, world: &World, findings: &mut Findings) {
    let found = |rule| Violation::new(rule, event).object(call.irp);
    let Some(irp) = world.irp(call.irp) else {
        if world.irp_is_gone(call.irp) {
            let detail = format!("{} was completed, but it is gone already", call.irp);
            findings.report(found("DoubleCompletion").check(0x44).detail(detail));
        }
        return;
    };
    if irp.finished || irp.owner == Owner::Completed {
        let detail = format!("{} was completed a second time", call.irp);
        let found = found("DoubleCompletion").check(0x44).detail(detail);
        findings.report(irp.completed.map_or_else(|| found.clone(), |seq| found.clone().since(seq)));
    } else if irp.owner == Owner::Below && !irp.is_ours() {
        let detail = format!("{} was completed while a lower driver has it", call.irp);
        findings.report(found("CompleteRequest").code(0xC9, 0x209).since(irp.sent).detail(detail));
    }
}

/// A completion routine that completes the IRP and then lets it go up completes it twice.
fn completion_routine(event: &Event, leave: &CallbackLeave, world: &World, findings: &mut Findings) {
    let Callback::Completion { irp, .. } = leave.callback else { return };
    let Some(frame) = world.frame(event) else { return };
    if frame.completed.is_some() && leave.status != NtStatus::MORE_PROCESSING_REQUIRED {
        let found = Violation::new("DoubleCompletion", event).check(0x44).since(frame.entered).object(irp);
        findings.report(found.detail("a completion routine completed the IRP and let it go up as well"));
    }
}
