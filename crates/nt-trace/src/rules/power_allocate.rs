//! `PowerDownAllocate`: nothing is allocated while a system `IRP_MN_SET_POWER` that leaves S0 is handled.
//!
//! Memory may not be had any more: what pages it out may be asleep. Handled: in the dispatch routine and in the
//! completion routine of the IRP, with everything that these call. What `PoRequestPowerIrp` allocates is the power
//! manager's.

use super::predicate::Predicate;
use crate::event::{Event, EventKind, IrpOrigin, Tag};
use crate::object::ObjectId;
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &["PowerDownAllocate"],
    interest: &[
        Tag::PoolAllocated,
        Tag::MdlAllocated,
        Tag::WorkItemAllocated,
        Tag::UrbAllocated,
        Tag::IrpCreated,
    ],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let Some((what, object)) = allocated(&event.kind) else { return };
    let Some(thread) = world.thread(event) else { return };
    let handled = thread.frames.iter().find_map(|frame| {
        frame.power.filter(|power| power.system && power.is_down()).map(|power| (frame, power))
    });
    let Some((frame, power)) = handled else { return };
    let detail = format!("{what} was allocated while {} was handled", power.text());
    let found = Violation::new("PowerDownAllocate", event).object(frame.irp()).object(object);
    findings.report(found.since(frame.entered).detail(detail));
}

/// What an event says was allocated by the driver.
const fn allocated(kind: &EventKind) -> Option<(&'static str, ObjectId)> {
    match kind {
        EventKind::PoolAllocated(made) => Some(("pool", made.block)),
        EventKind::MdlAllocated(made) => Some(("an MDL", made.mdl)),
        EventKind::WorkItemAllocated(made) => Some(("a work item", made.item)),
        EventKind::UrbAllocated(made) => Some(("an URB", made.urb)),
        EventKind::IrpCreated(made)
            if matches!(
                made.origin,
                IrpOrigin::Allocated
                    | IrpOrigin::BuiltDeviceControl
                    | IrpOrigin::BuiltAsynchronous
                    | IrpOrigin::BuiltSynchronous
            ) =>
        {
            Some(("an IRP", made.irp))
        }
        _ => None,
    }
}
