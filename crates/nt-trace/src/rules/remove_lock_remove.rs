//! `RemoveLockMnRemove`: in `IRP_MN_REMOVE_DEVICE` the driver sends the IRP down, waits for the remove
//! lock, and only then detaches and deletes.

use crate::event::{Actor, Event, EventKind, Tag};
use crate::map::ObjectMap;
use crate::names::pnp;
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::{Frame, World};

/// Devices with a remove lock.
#[derive(Default)]
pub struct RemoveLockMnRemove {
    by_device: ObjectMap<State>,
    device_of: ObjectMap<ObjectId>,
}

#[derive(Default)]
struct State {
    waited: bool,
    reported: bool,
}

impl Rule for RemoveLockMnRemove {
    fn names(&self) -> &'static [&'static str] {
        &["RemoveLockMnRemove"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[
            Tag::RemoveLockInitialised,
            Tag::RemoveLockWaitBegun,
            Tag::RemoveLockWaitEnded,
            Tag::DeviceDetached,
            Tag::DeviceDeleted,
        ]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::RemoveLockInitialised(made) => {
                let device = if made.device.is_some() { made.device } else { world.newest_device() };
                self.device_of.insert(made.lock, device);
                self.by_device.insert(device, State::default());
            }
            EventKind::RemoveLockWaitBegun(begun) => wait(event, begun.lock, world, findings),
            EventKind::RemoveLockWaitEnded(wait) => {
                if let Some(state) = self.device_of.get(&wait.lock).and_then(|id| self.by_device.get_mut(id))
                {
                    state.waited = true;
                }
            }
            EventKind::DeviceDetached(detached) if detached.by == Actor::Driver => {
                self.taken_down(event, detached.device, "detached", world, findings);
            }
            EventKind::DeviceDeleted(deleted) if deleted.by == Actor::Driver => {
                self.taken_down(event, deleted.device, "deleted", world, findings);
            }
            _ => {}
        }
    }
}

impl RemoveLockMnRemove {
    fn taken_down(
        &mut self,
        event: &Event,
        device: ObjectId,
        what: &str,
        world: &World,
        findings: &mut Findings,
    ) {
        let Some(frame) = world.in_pnp(event, pnp::REMOVE_DEVICE) else { return };
        let Some(state) = self.by_device.get_mut(&device) else { return };
        if !state.waited && !state.reported {
            state.reported = true;
            let detail = format!("{device} was {what} before IoReleaseRemoveLockAndWait");
            findings.report(violation(event, frame).object(device).detail(detail));
        }
    }
}

fn wait(event: &Event, lock: ObjectId, world: &World, findings: &mut Findings) {
    let Some(frame) = world.in_pnp(event, pnp::REMOVE_DEVICE) else { return };
    if !frame.sent {
        let detail = "IoReleaseRemoveLockAndWait before REMOVE_DEVICE was sent down";
        findings.report(violation(event, frame).object(lock).detail(detail));
    }
}

fn violation(event: &Event, frame: &Frame) -> Violation {
    Violation::new("RemoveLockMnRemove", event).since(frame.entered).object(frame.irp())
}
