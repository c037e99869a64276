//! The remove lock is held for an IRP while it is sent down.

use crate::event::{Actor, Event, EventKind, IrpSent, Tag};
use crate::map::ObjectMap;
use crate::names::{self, mj, pnp};
use crate::object::{ObjectId, ObjectKind};
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::{Frame, World};

/// Every remove lock: its device and its holders.
#[derive(Default)]
pub struct RemoveLockForward {
    locks: ObjectMap<(ObjectId, Vec<Hold>)>,
}

struct Hold {
    tag: ObjectId,
    /// When the dispatch routine that acquired it was entered.
    entered: Option<u64>,
}

impl Rule for RemoveLockForward {
    fn names(&self) -> &'static [&'static str] {
        &[
            "RemoveLockForward",
            "RemoveLockForwardDeviceControl",
            "RemoveLockForwardDeviceControlInternal",
            "RemoveLockForwardRead",
            "RemoveLockForwardWrite",
            "RemoveLockMnRemove2",
            "RemoveLockMnSurpriseRemove",
            "RemoveLockQueryMnRemove",
        ]
    }

    fn interest(&self) -> &'static [Tag] {
        &[
            Tag::RemoveLockInitialised,
            Tag::RemoveLockAcquired,
            Tag::RemoveLockReleased,
            Tag::RemoveLockWaitBegun,
            Tag::IrpSent,
        ]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::RemoveLockInitialised(made) => {
                let device = if made.device.is_some() { made.device } else { world.newest_device() };
                self.locks.insert(made.lock, (device, Vec::new()));
            }
            EventKind::RemoveLockAcquired(got) if got.status.is_success() => {
                let entered = world.dispatch(event).map(|frame| frame.entered);
                self.locks.entry(got.lock).or_default().1.push(Hold { tag: got.tag, entered });
            }
            EventKind::RemoveLockReleased(gave) => self.release(gave.lock, gave.tag),
            EventKind::RemoveLockWaitBegun(wait) => self.release(wait.lock, wait.tag),
            EventKind::IrpSent(sent) if sent.by == Actor::Driver => self.sent(event, sent, world, findings),
            _ => {}
        }
    }
}

impl RemoveLockForward {
    fn release(&mut self, lock: ObjectId, tag: ObjectId) {
        if let Some((_, held)) = self.locks.get_mut(&lock)
            && let Some(at) = held.iter().rposition(|hold| hold.tag == tag)
        {
            held.remove(at);
        }
    }

    fn sent(&self, event: &Event, sent: &IrpSent, world: &World, findings: &mut Findings) {
        let Some(irp) = world.irp(sent.irp).filter(|irp| !irp.is_ours()) else { return };
        let dispatch = world.dispatch(event);
        let device =
            if sent.from.is_some() { sent.from } else { dispatch.map_or(ObjectId::NONE, Frame::device) };
        let entered = dispatch.map(|frame| frame.entered);
        // A tag that is no IRP may stand for any request.
        let covers = |hold: &Hold| {
            hold.tag == sent.irp
                || hold.tag.kind != ObjectKind::Irp
                || (hold.entered.is_some() && hold.entered == entered)
        };
        let mut first: Option<ObjectId> = None;
        for (lock, (_, held)) in self.locks.iter().filter(|(_, (owner, _))| *owner == device) {
            if held.iter().any(covers) {
                return;
            }
            first = Some(first.map_or(*lock, |known| known.min(*lock)));
        }
        let Some(lock) = first else { return };
        // A request that goes down as another, as a control request with an URB does, is still itself.
        let request = names::request(irp.major, irp.minor);
        let found =
            Violation::new(rule(irp.major, irp.minor), event).object(sent.irp).object(lock).object(device);
        findings.report(found.detail(format!("{request} was sent down and {lock} is not held for it")));
    }
}

const fn rule(major: u8, minor: u8) -> &'static str {
    match (major, minor) {
        (mj::PNP, pnp::REMOVE_DEVICE) => "RemoveLockMnRemove2",
        (mj::PNP, pnp::SURPRISE_REMOVAL) => "RemoveLockMnSurpriseRemove",
        (mj::PNP, pnp::QUERY_REMOVE_DEVICE) => "RemoveLockQueryMnRemove",
        (mj::DEVICE_CONTROL, _) => "RemoveLockForwardDeviceControl",
        (mj::INTERNAL_DEVICE_CONTROL, _) => "RemoveLockForwardDeviceControlInternal",
        (mj::READ, _) => "RemoveLockForwardRead",
        (mj::WRITE, _) => "RemoveLockForwardWrite",
        _ => "RemoveLockForward",
    }
}
