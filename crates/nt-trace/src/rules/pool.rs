//! `UnSafeAllocatePool`: pool comes from `ExAllocatePool2` and `ExAllocatePool3`, which zero it.

use super::predicate::Predicate;
use crate::event::{Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate { names: &["UnSafeAllocatePool"], interest: &[Tag::Call], on };

const DEPRECATED: [&str; 6] = [
    "ExAllocatePool",
    "ExAllocatePoolWithQuota",
    "ExAllocatePoolWithQuotaTag",
    "ExAllocatePoolWithTag",
    "ExAllocatePoolWithTagPriority",
    "ExAllocatePoolQuotaZero",
];

fn on(event: &Event, _: &World, findings: &mut Findings) {
    let EventKind::Call(call) = &event.kind else { return };
    if call.routine.starts_with("ExAllocatePool") && DEPRECATED.contains(&&*call.routine) {
        let detail = format!("{} is deprecated", call.routine);
        findings.report(Violation::new("UnSafeAllocatePool", event).advice().detail(detail));
    }
}
