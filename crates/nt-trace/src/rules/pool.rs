//! `UnSafeAllocatePool`: pool comes from `ExAllocatePool2` and `ExAllocatePool3`, which zero it. `ZeroBytePool`: not
//! nothing of it. `AllocateWhileUnloading`: not while the driver unloads, but by what unloads it.

use super::predicate::Predicate;
use crate::event::{Callback, Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::{Frame, World};

pub const RULE: Predicate = Predicate {
    names: &["UnSafeAllocatePool", "ZeroBytePool", "AllocateWhileUnloading"],
    interest: &[Tag::Call, Tag::PoolAllocated],
    on,
};

const DEPRECATED: [&str; 6] = [
    "ExAllocatePool",
    "ExAllocatePoolWithQuota",
    "ExAllocatePoolWithQuotaTag",
    "ExAllocatePoolWithTag",
    "ExAllocatePoolWithTagPriority",
    "ExAllocatePoolQuotaZero",
];

fn on(event: &Event, world: &World, findings: &mut Findings) {
    match &event.kind {
        EventKind::Call(call)
            if call.routine.starts_with("ExAllocatePool") && DEPRECATED.contains(&&*call.routine) =>
        {
            let detail = format!("{} is deprecated", call.routine);
            findings.report(Violation::new("UnSafeAllocatePool", event).advice().detail(detail));
        }
        EventKind::PoolAllocated(made) if made.size == 0 => {
            let found = Violation::new("ZeroBytePool", event).code(0xC4, 0x00).object(made.block);
            findings.report(found.detail("pool of no bytes was asked for"));
        }
        EventKind::PoolAllocated(made) if made.block.is_some() => {
            let unloading = |frame: &Frame| matches!(frame.callback, Callback::Unload);
            let here = world.thread(event).is_some_and(|thread| thread.frames.iter().any(unloading));
            if !here && world.frames().any(unloading) {
                let found =
                    Violation::new("AllocateWhileUnloading", event).code(0xC4, 0x61).object(made.block);
                findings.report(
                    found.detail("another thread allocated pool while the driver was being unloaded"),
                );
            }
        }
        _ => {}
    }
}
