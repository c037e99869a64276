//! `PnpSurpriseRemove`: the device object stays until `IRP_MN_REMOVE_DEVICE`.

use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, Tag};
use crate::names::pnp;
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate =
    Predicate { names: &["PnpSurpriseRemove"], interest: &[Tag::DeviceDetached, Tag::DeviceDeleted], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let (device, by, code, what) = match &event.kind {
        EventKind::DeviceDetached(detached) => (detached.device, detached.by, 0x241, "detached"),
        EventKind::DeviceDeleted(deleted) => (deleted.device, deleted.by, 0x242, "deleted"),
        _ => return,
    };
    let Some(frame) = world.in_pnp(event, pnp::SURPRISE_REMOVAL) else { return };
    if by == Actor::Driver {
        let found = Violation::new("PnpSurpriseRemove", event).code(0xC9, code).since(frame.entered);
        let detail = format!("{device} was {what} while SURPRISE_REMOVAL was handled");
        findings.report(found.object(device).object(frame.irp()).detail(detail));
    }
}
