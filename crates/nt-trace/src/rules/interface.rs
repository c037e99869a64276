//! `InterfaceEnabledAtRemove`: a device that goes has its interfaces turned off.

use super::exit::Exit;
use crate::event::{Event, EventKind, Tag};
use crate::map::ObjectMap;
use crate::names::pnp;
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::value::NtStatus;
use crate::violation::Findings;
use crate::world::World;

/// Interfaces: their device and when they were turned on.
#[derive(Default)]
pub struct InterfaceEnabledAtRemove {
    interfaces: ObjectMap<(ObjectId, Option<u64>)>,
}

impl Rule for InterfaceEnabledAtRemove {
    fn names(&self) -> &'static [&'static str] {
        &["InterfaceEnabledAtRemove"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::InterfaceRegistered, Tag::InterfaceStateSet, Tag::CallbackLeave]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::InterfaceRegistered(made) if made.status.is_success() => {
                self.interfaces.insert(made.interface, (made.pdo, None));
            }
            EventKind::InterfaceStateSet(set) if set.status.is_success() => {
                if let Some((_, enabled)) = self.interfaces.get_mut(&set.interface) {
                    *enabled = set.enable.then_some(event.seq);
                }
            }
            EventKind::CallbackLeave(_) => self.leave(event, world, findings),
            _ => {}
        }
    }
}

impl InterfaceEnabledAtRemove {
    fn leave(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        let Some(exit) = Exit::of(event, world) else { return };
        let Some(device) = world.device(exit.device) else { return };
        if !exit.is_pnp(pnp::REMOVE_DEVICE) || exit.returned == NtStatus::PENDING || device.pdo.is_none() {
            return;
        }
        for (id, (pdo, enabled)) in &mut self.interfaces {
            if let Some(since) = enabled.take_if(|_| *pdo == device.pdo) {
                let detail = format!("REMOVE_DEVICE ended and {id} is still enabled");
                findings.report(
                    exit.violation("InterfaceEnabledAtRemove", event).object(*id).since(since).detail(detail),
                );
            }
        }
    }
}
