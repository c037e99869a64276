//! `IRQL` rules that depend on an argument.

use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, PoolKind, Tag, WaitBegun};
use crate::names::{self, APC_LEVEL, DISPATCH_LEVEL};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &[
        "IrqlKeSetEvent",
        "IrqlKeWaitForMultipleObjects",
        "IrqlKeWaitForMutexObject",
        "IrqlExAllocatePool",
        "IrqlExApcLteInline",
        "IrqlExFree2",
        "IrqlExFree3",
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

fn on(event: &Event, world: &World, findings: &mut Findings) {
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
                let (rule, code) = wait_rule(event.irql, wait);
                findings.report(found(rule, detail).code(0xC4, code).object(wait.object));
            }
        }
        EventKind::PoolAllocated(made) if made.pool == PoolKind::Paged && event.irql > APC_LEVEL => {
            let detail = format!("paged pool allocated at {level}");
            findings.report(if in_lookaside(event, world) {
                found("IrqlExApcLteInline", format!("{detail}, by a paged lookaside list")).object(made.block)
            } else {
                found("IrqlExAllocatePool", detail).code(0xC4, 0x0002_0004).object(made.block)
            });
        }
        EventKind::PoolFreed(freed) if freed.pool == PoolKind::Paged && event.irql > APC_LEVEL => {
            // By ExFreePoolWithTag; by ExFreePool; by a list's inline routine.
            let rule = match (in_lookaside(event, world), freed.tag.0) {
                (true, _) => "IrqlExApcLteInline",
                (false, 0) => "IrqlExFree2",
                (false, _) => "IrqlExFree3",
            };
            let found = found(rule, format!("paged pool freed at {level}")).object(freed.block);
            findings.report(if rule == "IrqlExApcLteInline" { found } else { found.code(0xC4, 0x11) });
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

/// A routine and a code for a wait that may not be: Driver Verifier tells apart what makes it wrong.
const fn wait_rule(irql: u8, wait: &WaitBegun) -> (&'static str, u32) {
    let rule = if wait.multiple { "IrqlKeWaitForMultipleObjects" } else { "IrqlKeWaitForMutexObject" };
    let code = match (irql, wait.timeout) {
        (DISPATCH_LEVEL, None) => 0x121,
        (DISPATCH_LEVEL, Some(_)) => 0x122,
        _ => 0x3B,
    };
    (rule, code)
}

fn in_lookaside(event: &Event, world: &World) -> bool {
    world.thread(event).is_some_and(|thread| thread.in_lookaside)
}
