//! `PendingReturnedPropagation`: a completion routine that lets an IRP go up passes the pending mark on.

use super::predicate::Predicate;
use crate::event::{Callback, Event, EventKind, Tag};
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate =
    Predicate { names: &["PendingReturnedPropagation"], interest: &[Tag::CallbackLeave], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let EventKind::CallbackLeave(leave) = &event.kind else { return };
    let Callback::Completion { irp, device, pending_returned: true } = leave.callback else { return };
    let Some(frame) = world.frame(event) else { return };
    // A stack location that the dispatch routine marked is pending already.
    let Some(state) = world.irp(irp) else { return };
    let passed_on = frame.marked || state.marked || state.is_ours();
    if leave.status != NtStatus::MORE_PROCESSING_REQUIRED && !passed_on {
        let detail = "PendingReturned was TRUE, the IRP went on up, and nobody called IoMarkIrpPending";
        let found =
            Violation::new("PendingReturnedPropagation", event).code(0xC9, 0x228).since(frame.entered);
        findings.report(found.object(irp).object(device).detail(detail));
    }
}
