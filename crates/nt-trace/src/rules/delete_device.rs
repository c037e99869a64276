//! `DeleteDevice`: detach, then delete, once each, in `IRP_MN_REMOVE_DEVICE`, after the lower drivers.

use super::exit::Exit;
use super::predicate::Predicate;
use crate::event::{Actor, DeviceDeleted, DeviceDetached, Event, EventKind, Tag};
use crate::names::pnp;
use crate::object::ObjectId;
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &["DeleteDevice"],
    interest: &[Tag::DeviceDetached, Tag::DeviceDeleted, Tag::CallbackLeave, Tag::DriverUnloaded],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    match &event.kind {
        EventKind::DeviceDetached(detached) if detached.by == Actor::Driver => {
            on_detach(event, detached, world, findings);
        }
        EventKind::DeviceDeleted(deleted) if deleted.by == Actor::Driver => {
            on_delete(event, deleted, world, findings);
        }
        EventKind::CallbackLeave(_) => on_leave(event, world, findings),
        EventKind::DriverUnloaded(_) => on_unload(event, world, findings),
        _ => {}
    }
}

fn found(event: &Event, device: ObjectId, code: u32, detail: impl Into<String>) -> Violation {
    Violation::new("DeleteDevice", event).code(0xC9, code).object(device).detail(detail)
}

fn on_detach(event: &Event, detached: &DeviceDetached, world: &World, findings: &mut Findings) {
    let known = world.device(detached.device);
    if detached.device.is_none() || known.is_some_and(|device| device.detached.is_some()) {
        let since = known.and_then(|device| device.detached).unwrap_or(event.seq);
        let detail = format!("nothing was attached to {} any more", detached.from);
        findings.report(found(event, detached.device, 0x202, detail).since(since));
        return;
    }
    too_early(event, detached.device, "detached", world, findings);
}

fn on_delete(event: &Event, deleted: &DeviceDeleted, world: &World, findings: &mut Findings) {
    let Some(device) = world.device(deleted.device) else { return };
    if let Some(before) = device.deleted {
        findings.report(found(event, deleted.device, 0x240, "deleted a second time").since(before));
    } else if device.is_attached() {
        let detail = format!("deleted while attached to {}", device.attached_to);
        findings.report(found(event, deleted.device, 0x201, detail));
    } else if device.detached.is_none() {
        too_early(event, deleted.device, "deleted", world, findings);
    }
}

/// In `IRP_MN_REMOVE_DEVICE`, the lower drivers come first.
fn too_early(event: &Event, device: ObjectId, what: &str, world: &World, findings: &mut Findings) {
    let Some(frame) = world.in_pnp(event, pnp::REMOVE_DEVICE) else { return };
    if frame.device() == device && frame.lower.is_none() {
        let detail = format!("{what} before the lower driver returned from REMOVE_DEVICE");
        let found = Violation::new("DeleteDevice", event).object(device).object(frame.irp());
        findings.report(found.since(frame.entered).detail(detail));
    }
}

fn on_leave(event: &Event, world: &World, findings: &mut Findings) {
    let Some(exit) = Exit::of(event, world) else { return };
    let Some(device) = world.device(exit.device) else { return };
    if !exit.is_pnp(pnp::REMOVE_DEVICE) || exit.returned == NtStatus::PENDING || !device.is_ours_alive() {
        return;
    }
    let (code, what) = if device.is_attached() { (0x21D, "detached") } else { (0x21E, "deleted") };
    let detail = format!("REMOVE_DEVICE ended and {} was not {what}", exit.device);
    findings.report(found(event, exit.device, code, detail).object(exit.irp).since(exit.frame.entered));
}

fn on_unload(event: &Event, world: &World, findings: &mut Findings) {
    let reported =
        |id| findings.list().iter().any(|v| v.rule == "DeleteDevice" && v.objects.first() == Some(&id));
    let mut left: Vec<_> =
        world.devices().filter(|(id, device)| device.is_ours_alive() && !reported(*id)).collect();
    left.sort_by_key(|(id, _)| *id);
    for (id, device) in left {
        let detail = format!("the driver was unloaded and {id} still exists");
        findings.report(found(event, id, 0x21E, detail).since(device.created));
    }
}
