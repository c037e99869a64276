//! `ForwardedAtBadIrql`: only data and power requests may be sent down at `DISPATCH_LEVEL`.

use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, IrpOrigin, Tag};
use crate::names::{self, DISPATCH_LEVEL, mj};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &[
        "ForwardedAtBadIrql",
        "ForwardedAtBadIrqlAllocate",
        "ForwardedAtBadIrqlFsdAsync",
        "ForwardedAtBadIrqlFsdSync",
    ],
    interest: &[Tag::IrpSent],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let EventKind::IrpSent(sent) = &event.kind else { return };
    let may = matches!(
        sent.major,
        mj::POWER | mj::READ | mj::WRITE | mj::DEVICE_CONTROL | mj::INTERNAL_DEVICE_CONTROL
    );
    // Above DISPATCH_LEVEL the routine's own level is broken, which is IrqlDdi's to report.
    if sent.by != Actor::Driver || may || event.irql != DISPATCH_LEVEL {
        return;
    }
    let rule = match world.irp(sent.irp).map(|irp| irp.origin) {
        Some(IrpOrigin::Allocated) => "ForwardedAtBadIrqlAllocate",
        Some(IrpOrigin::BuiltAsynchronous) => "ForwardedAtBadIrqlFsdAsync",
        Some(IrpOrigin::BuiltSynchronous) => "ForwardedAtBadIrqlFsdSync",
        _ => "ForwardedAtBadIrql",
    };
    let detail = format!("{} was sent down at DISPATCH_LEVEL", names::request(sent.major, sent.minor));
    findings.report(Violation::new(rule, event).code(0xC9, 0x23A).object(sent.irp).detail(detail));
}
