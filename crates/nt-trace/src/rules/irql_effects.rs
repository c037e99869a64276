//! `IRQL` rules that depend on an argument.

use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, PoolKind, Tag};
use crate::names::{self, APC_LEVEL, DISPATCH_LEVEL};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &[
        "IrqlKeSetEvent",
        "IrqlKeWaitForMutexObject",
        "IrqlExAllocatePool",
        "IrqlExFree2",
        "IrqlKeRaiseLower",
        "IrqlKeRaiseLower2",
    ],
    interest: &[
        Tag::EventSignalled,
        Tag::WaitBegun,
        Tag::PoolAllocated,
        Tag::PoolFreed,
        Tag::IrqlRaised,
        Tag::IrqlLowered,
    ],
    on,
};

fn on(event: &Event, _: &World, findings: &mut Findings) {
    let found = |rule, detail: String| Violation::new(rule, event).detail(detail);
    let level = names::irql(event.irql);
    match &event.kind {
        EventKind::EventSignalled(set) if set.by == Actor::Driver => {
            let bound = if set.wait { APC_LEVEL } else { DISPATCH_LEVEL };
            if event.irql > bound {
                let detail =
                    format!("KeSetEvent with Wait={} at {level}", if set.wait { "TRUE" } else { "FALSE" });
                findings.report(found("IrqlKeSetEvent", detail).code(0xC4, 0x0002_0016).object(set.object));
            }
        }
        EventKind::WaitBegun(wait) => {
            let bound = if wait.timeout == Some(0) { DISPATCH_LEVEL } else { APC_LEVEL };
            if event.irql > bound {
                let detail = format!("waited for {} at {level}", wait.object);
                findings
                    .report(found("IrqlKeWaitForMutexObject", detail).code(0xC4, 0x3B).object(wait.object));
            }
        }
        EventKind::PoolAllocated(made) if made.pool == PoolKind::Paged && event.irql > APC_LEVEL => {
            let detail = format!("paged pool allocated at {level}");
            findings.report(found("IrqlExAllocatePool", detail).code(0xC4, 0x0002_0004).object(made.block));
        }
        EventKind::PoolFreed(freed) if freed.pool == PoolKind::Paged && event.irql > APC_LEVEL => {
            findings.report(found("IrqlExFree2", format!("paged pool freed at {level}")).object(freed.block));
        }
        EventKind::IrqlRaised(raised) if raised.to < raised.from => {
            let detail = format!("KeRaiseIrql from {} down to {}", raised.from, raised.to);
            findings.report(found("IrqlKeRaiseLower", detail).code(0xC4, 0x30));
        }
        EventKind::IrqlLowered(lowered) if lowered.to > lowered.from => {
            let detail = format!("KeLowerIrql from {} up to {}", lowered.from, lowered.to);
            findings.report(found("IrqlKeRaiseLower2", detail).code(0xC4, 0x31));
        }
        _ => {}
    }
}
