//! `DeviceFreedWithPowerIrp`: a device object does not go before the power IRPs that its driver has or asked for, their
//! callbacks included. `PowerIrpBlocked`: no power IRP takes longer than the power manager waits; the machine stops
//! for it, and [`machine`](super::machine) tells.

use std::collections::BTreeMap;

use crate::event::{Actor, Event, EventKind, Tag};
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::{Owner, World};

/// Power IRPs that are under way.
#[derive(Default)]
pub struct PowerOutstanding {
    irps: BTreeMap<ObjectId, Outstanding>,
}

struct Outstanding {
    pdo: ObjectId,
    requested: bool,
    since: u64,
    what: String,
}

impl Rule for PowerOutstanding {
    fn names(&self) -> &'static [&'static str] {
        &["DeviceFreedWithPowerIrp", "PowerIrpBlocked"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::PowerIrpCreated, Tag::PowerIrpCompleted, Tag::PowerCallbackReturned, Tag::DeviceDeleted]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::PowerIrpCreated(made) => {
                let what = crate::names::request(crate::names::mj::POWER, made.minor);
                let outstanding =
                    Outstanding { pdo: made.pdo, requested: made.requested, since: event.seq, what };
                self.irps.insert(made.irp, outstanding);
            }
            EventKind::PowerIrpCompleted(done) if !done.callback => _ = self.irps.remove(&done.irp),
            EventKind::PowerCallbackReturned(back) => _ = self.irps.remove(&back.irp),
            EventKind::DeviceDeleted(deleted) if deleted.by == Actor::Driver => {
                let Some(device) = world.device(deleted.device) else { return };
                let left = self.irps.iter().find(|(irp, outstanding)| {
                    let kept = world.irp(**irp).is_some_and(|irp| irp.owner == Owner::Driver);
                    outstanding.pdo == device.pdo && (outstanding.requested || kept)
                });
                let Some((irp, outstanding)) = left else { return };
                let found = Violation::new("DeviceFreedWithPowerIrp", event).code(0x9F, 0x1);
                let detail =
                    format!("{} was deleted, but its {} is not over", deleted.device, outstanding.what);
                let found = found.object(deleted.device).object(*irp).since(outstanding.since);
                findings.report(found.detail(detail));
            }
            _ => {}
        }
    }
}
