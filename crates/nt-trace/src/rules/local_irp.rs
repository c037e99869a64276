//! IRPs that the driver makes: who completes, frees and reuses them.

use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, IrpOrigin, Tag};
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
        EventKind::IrpReinitialised(again) if again.reuse => {
            let Some(irp) = world.irp(again.irp).filter(|irp| irp.origin != IrpOrigin::Allocated) else {
                return;
            };
            let rule = if irp.is_ours() { "IoReuseIrp" } else { "IoReuseIrp2" };
            let found = Violation::new(rule, event).object(again.irp).since(irp.created);
            findings.report(found.detail(format!("{} does not come from IoAllocateIrp", again.irp)));
        }
        _ => {}
    }
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
