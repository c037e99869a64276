//! `MarkIrpPending`, `MarkIrpPending2` and, for `START_DEVICE`, `MarkStartDevice`: the pending mark and
//! `STATUS_PENDING` go together.

use super::exit::Exit;
use super::predicate::Predicate;
use crate::event::{Event, Tag};
use crate::names::pnp;
use crate::value::NtStatus;
use crate::violation::Findings;
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &["MarkIrpPending", "MarkIrpPending2", "MarkStartDevice"],
    interest: &[Tag::CallbackLeave],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let Some(exit) = Exit::of(event, world) else { return };
    let start = exit.is_pnp(pnp::START_DEVICE);
    let called = |rule| if start { "MarkStartDevice" } else { rule };
    let pending = exit.returned == NtStatus::PENDING;
    if exit.frame.marked && !pending {
        let detail = format!(
            "{} was marked pending, but its dispatch routine returned {}",
            exit.request(),
            exit.returned
        );
        findings.report(exit.violation(called("MarkIrpPending"), event).code(0xC9, 0x23E).detail(detail));
    }
    let pended = exit.frame.marked || exit.frame.lower == Some(NtStatus::PENDING);
    if pending && !pended && exit.frame.completed.is_none() {
        let detail = format!("{} returned STATUS_PENDING, but nobody marked it pending", exit.request());
        findings.report(exit.violation(called("MarkIrpPending2"), event).code(0xC9, 0x23D).detail(detail));
    }
    if start && pending && exit.frame.marked && exit.frame.skipped {
        let detail =
            "START_DEVICE was marked pending and its stack location skipped: nobody will start the device";
        findings.report(exit.violation("MarkStartDevice", event).detail(detail));
    }
}
