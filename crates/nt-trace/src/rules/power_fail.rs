//! `PowerDownFail`, `PowerUpFail`: no function driver fails `IRP_MN_SET_POWER`. `PowerConvertedToNotSupported`: nor
//! does it turn another status into `STATUS_NOT_SUPPORTED`.

use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, Tag};
use crate::object::ObjectId;
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::{Irp, World};

pub const RULE: Predicate = Predicate {
    names: &["PowerDownFail", "PowerUpFail", "PowerConvertedToNotSupported"],
    interest: &[Tag::IrpCompleteCalled, Tag::IrpFinished],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    match &event.kind {
        // What was sent down is judged when it is finished: a completion routine may have failed it.
        EventKind::IrpCompleteCalled(call) if call.by == Actor::Driver => {
            let Some(irp) = world.irp(call.irp).filter(|irp| irp.sends == 0) else { return };
            // The remove lock could not be taken.
            if call.status != NtStatus::DELETE_PENDING {
                judge(event, call.irp, irp, call.status, findings);
            }
        }
        EventKind::IrpFinished(finished) => {
            let Some(irp) = world.irp(finished.irp) else { return };
            if irp.sends > 0 && irp.below_status.is_some_and(NtStatus::is_success) {
                judge(event, finished.irp, irp, finished.status, findings);
            }
        }
        _ => {}
    }
}

fn judge(event: &Event, id: ObjectId, irp: &Irp, status: NtStatus, findings: &mut Findings) {
    let Some(power) = irp.power else { return };
    if status.is_success() {
        return;
    }
    let found = if status == NtStatus::NOT_SUPPORTED && irp.sends > 0 {
        Violation::new("PowerConvertedToNotSupported", event).code(0xC9, 0x21A)
    } else if power.is_down() {
        Violation::new("PowerDownFail", event)
    } else if power.is_up() {
        Violation::new("PowerUpFail", event)
    } else {
        return;
    };
    let detail = format!("{} was completed with {status}", power.text());
    findings.report(found.object(id).since(irp.created).detail(detail));
}
