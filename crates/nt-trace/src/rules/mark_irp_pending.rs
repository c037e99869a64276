//! `MarkIrpPending` and `MarkIrpPending2`: the pending mark and `STATUS_PENDING` go together.

use super::exit::Exit;
use super::predicate::Predicate;
use crate::event::{Event, Tag};
use crate::value::NtStatus;
use crate::violation::Findings;
use crate::world::World;

pub const RULE: Predicate =
    Predicate { names: &["MarkIrpPending", "MarkIrpPending2"], interest: &[Tag::CallbackLeave], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let Some(exit) = Exit::of(event, world) else { return };
    if exit.frame.marked && exit.returned != NtStatus::PENDING {
        let detail = format!(
            "{} was marked pending, but its dispatch routine returned {}",
            exit.request(),
            exit.returned
        );
        findings.report(exit.violation("MarkIrpPending", event).code(0xC9, 0x23E).detail(detail));
    }
    let pended = exit.frame.marked || exit.frame.lower == Some(NtStatus::PENDING);
    if exit.returned == NtStatus::PENDING && !pended && exit.frame.completed.is_none() {
        let detail = format!("{} returned STATUS_PENDING, but nobody marked it pending", exit.request());
        findings.report(exit.violation("MarkIrpPending2", event).code(0xC9, 0x23D).detail(detail));
    }
}
