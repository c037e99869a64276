//! `CompleteRequestStatusCheck`: the final status is a final one, and does not hide a failure below; `MustNotFail`: nor
//! is it a failure where nobody may fail; `SuspiciousStatus`: nor a number that is no status.
//!
//! Hiding is judged for the requests that a driver must not answer by itself: `START_DEVICE` and power.

use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, Tag};
use crate::names::{self, mj, pnp};
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate { names: NAMES, interest: &[Tag::IrpCompleteCalled], on };

const NAMES: &[&str] = &["CompleteRequestStatusCheck", "MustNotFail", "SuspiciousStatus"];
/// The bit of an `NTSTATUS` that is reserved and always zero.
const RESERVED: u32 = 0x1000_0000;

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
    if call.status.0 & RESERVED != 0 {
        let found = Violation::new("SuspiciousStatus", event).code(0xC9, 0x300).object(call.irp).advice();
        findings.report(found.detail(format!("completed with {}, which is no status", call.status)));
        return;
    }
    let Some(irp) = world.irp(call.irp) else { return };
    if matches!(irp.major, mj::CLEANUP | mj::CLOSE) && call.status.is_error() && !irp.is_ours() {
        let found = Violation::new("MustNotFail", event).code(0xC9, 0x247).object(call.irp);
        let request = names::request(irp.major, irp.minor);
        findings.report(found.detail(format!("{request} was completed with {}", call.status)));
        return;
    }
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
