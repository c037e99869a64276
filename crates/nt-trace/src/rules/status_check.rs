//! `CompleteRequestStatusCheck`: the final status is a final one, and does not hide a failure below.
//!
//! Hiding is judged for the requests that a driver must not answer by itself: `START_DEVICE` and power.

use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, Tag};
use crate::names::{mj, pnp};
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate =
    Predicate { names: &["CompleteRequestStatusCheck"], interest: &[Tag::IrpCompleteCalled], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let EventKind::IrpCompleteCalled(call) = &event.kind else { return };
    if call.by != Actor::Driver {
        return;
    }
    let found = || Violation::new("CompleteRequestStatusCheck", event).object(call.irp);
    if call.status == NtStatus::PENDING || call.status.0 == u32::MAX {
        findings.report(found().code(0xC9, 0x06).detail(format!("completed with {}", call.status)));
        return;
    }
    let Some(irp) = world.irp(call.irp) else { return };
    let not_ours_to_answer = (irp.major, irp.minor) == (mj::PNP, pnp::START_DEVICE) || irp.major == mj::POWER;
    if let Some(below) = irp.below_status
        && not_ours_to_answer
        && below.is_error()
        && call.status.is_success()
    {
        let detail =
            format!("the lower drivers failed it with {below}, but it was completed with {}", call.status);
        findings.report(found().since(irp.sent).detail(detail));
    }
}
