//! IRPs that the driver makes: who completes, frees and reuses them.

use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, IrpOrigin, IrpReinitialised, Tag};
use crate::violation::{Findings, Violation};
use crate::world::{Owner, World};

pub const RULE: Predicate = Predicate {
    names: &[
        "IoAllocateComplete",
        "IoAllocateFree",
        "IoBuildDeviceControlNoFree",
        "IoBuildFsdComplete",
        "IoBuildSynchronousFsdRequestNoFree",
        "IoReuseIrp",
        "IoReuseIrp2",
        "IrpFreedWhileInUse",
        "IrpReusedWhileInUse",
        "IoInitializeIrpAllocated",
    ],
    interest: &[Tag::IrpCompleteCalled, Tag::IrpFreed, Tag::IrpReinitialised],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    match &event.kind {
        EventKind::IrpCompleteCalled(call) if call.by == Actor::Driver => {
            let rule = match world.irp(call.irp).map(|irp| irp.origin) {
                Some(IrpOrigin::Allocated) => "IoAllocateComplete",
                Some(IrpOrigin::BuiltAsynchronous) => "IoBuildFsdComplete",
                _ => return,
            };
            let found = Violation::new(rule, event).object(call.irp);
            findings
                .report(found.detail(format!("{} is the driver's own and was completed by it", call.irp)));
        }
        EventKind::IrpFreed(freed) if freed.by == Actor::Driver => {
            if let Some(found) = free(event, freed.irp, world) {
                findings.report(found);
            }
        }
        EventKind::IrpReinitialised(again) => findings.report_if(reinitialised(event, again, world)),
        _ => {}
    }
}

fn reinitialised(event: &Event, again: &IrpReinitialised, world: &World) -> Option<Violation> {
    let irp = world.irp(again.irp)?;
    let found = |rule| Violation::new(rule, event).object(again.irp).since(irp.created);
    let below = irp.owner == Owner::Below;
    Some(match (irp.origin, again.reuse) {
        (IrpOrigin::Allocated, _) if below => found("IrpReusedWhileInUse")
            .code(0xC9, 0x310)
            .since(irp.sent)
            .detail(format!("{} was initialised anew while a lower driver has it", again.irp)),
        (IrpOrigin::Allocated, true) => return None,
        (IrpOrigin::Allocated, false) => found("IoInitializeIrpAllocated")
            .code(0xC9, 0x238)
            .advice()
            .detail(format!("IoInitializeIrp of {}, which IoAllocateIrp gave: use IoReuseIrp", again.irp)),
        _ => {
            let rule = if irp.is_ours() { "IoReuseIrp" } else { "IoReuseIrp2" };
            let found = found(rule).detail(format!("{} does not come from IoAllocateIrp", again.irp));
            if irp.is_ours() { found.code(0xC9, 0x311) } else { found }
        }
    })
}

fn free(event: &Event, id: crate::ObjectId, world: &World) -> Option<Violation> {
    let found = |rule| Violation::new(rule, event).object(id);
    let Some(irp) = world.irp(id) else {
        let gone = found("IoAllocateFree")
            .code(0xC9, 0x01)
            .detail(format!("{id} was freed, but it is gone already"));
        return world.irp_is_gone(id).then_some(gone);
    };
    let (rule, detail) = match irp.origin {
        IrpOrigin::Allocated | IrpOrigin::BuiltAsynchronous if irp.owner == Owner::Below => {
            let detail = format!("{id} was freed while a lower driver has it");
            return Some(found("IrpFreedWhileInUse").code(0xC9, 0x20A).since(irp.sent).detail(detail));
        }
        IrpOrigin::Allocated | IrpOrigin::BuiltAsynchronous => return None,
        IrpOrigin::BuiltDeviceControl => ("IoBuildDeviceControlNoFree", "the I/O manager frees"),
        IrpOrigin::BuiltSynchronous => ("IoBuildSynchronousFsdRequestNoFree", "the I/O manager frees"),
        _ => ("IoAllocateFree", "the driver did not allocate"),
    };
    Some(found(rule).code(0xC9, 0x02).since(irp.created).detail(format!("{id}, which {detail}, was freed")))
}
