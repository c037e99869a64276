//! `IoSetCompletionRoutineEx`: it may fail, which has to be looked at before the IRP is sent, and it keeps the
//! driver of the device object that it is given loaded.
//!
//! After a failure the IRP is completed and the dispatch routine returns (its page). Sending it on all the same
//! without looking is `IoSetCompletionRoutineExCheck`; passing it on without a completion routine, or keeping it, is
//! `IoSetCompletionExCompleteIrp`.

use super::exit::Exit;
use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, Tag};
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::{Device, Owner, World};

pub const RULE: Predicate = Predicate {
    names: &[
        "IoSetCompletionExCompleteIrp",
        "IoSetCompletionRoutineExCheck",
        "IoSetCompletionRoutineExCheckDeviceObject",
    ],
    interest: &[Tag::CompletionRoutineExSet, Tag::IrpSent, Tag::CallbackLeave],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    match &event.kind {
        EventKind::CompletionRoutineExSet(set)
            if !world.device(set.device).is_some_and(Device::is_ours_alive) =>
        {
            let found = Violation::new("IoSetCompletionRoutineExCheckDeviceObject", event);
            let detail = format!("{} was passed, which is no device object of the driver", set.device);
            findings.report(found.object(set.irp).object(set.device).detail(detail));
        }
        EventKind::IrpSent(sent) if sent.by == Actor::Driver => {
            let Some(irp) = world.irp(sent.irp) else { return };
            let Some(refused) = irp.refused else { return };
            let found = |rule| Violation::new(rule, event).object(sent.irp).since(refused);
            findings.report(if irp.skipped {
                let detail = "passed on without a completion routine after IoSetCompletionRoutineEx failed";
                found("IoSetCompletionExCompleteIrp").code(0xC4, 0x0004_100F).detail(detail)
            } else {
                found("IoSetCompletionRoutineExCheck")
                    .detail("sent down as if IoSetCompletionRoutineEx had not failed")
            });
        }
        EventKind::CallbackLeave(_) => leave(event, world, findings),
        _ => {}
    }
}

fn leave(event: &Event, world: &World, findings: &mut Findings) {
    let Some(exit) = Exit::of(event, world) else { return };
    let Some(state) = exit.state.filter(|irp| irp.owner == Owner::Driver && !irp.finished) else { return };
    // Unmarked and STATUS_PENDING is MarkIrpPending2's to report.
    let judged = exit.frame.marked || exit.returned != NtStatus::PENDING;
    if let Some(refused) = state.refused
        && judged
    {
        let found = exit.violation("IoSetCompletionExCompleteIrp", event).code(0xC4, 0x0004_100F);
        let detail = format!("{} was not completed after IoSetCompletionRoutineEx failed", exit.request());
        findings.report(found.since(refused).detail(detail));
    }
}
