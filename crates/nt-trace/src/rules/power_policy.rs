//! What the power policy owner of a device does when the system changes its state.
//!
//! `SystemIrpBeforeDeviceIrp`: going down, the system IRP is completed after the device IRP that follows from it.
//! `SystemWorkingHeld`: going to S0, it is completed at once, and the device follows. Advice.
//! `PowerPolicyOwner`: a device whose driver leaves it in D0 while the system sleeps has no policy owner. Advice.
//! `WaitWakeLeftArmed`: a device that goes to a state from which it cannot wake is not armed. Advice.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Actor, CompletionRoutineCalled, Event, EventKind, Tag};
use crate::names::{self, DEVICE_D0, DEVICE_D3, SYSTEM_WORKING};
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// The states of devices, and the device IRPs that the driver asked for.
#[derive(Default)]
pub struct PowerPolicy {
    states: BTreeMap<ObjectId, u32>,
    /// Device IRPs that leave D0, by IRP: the physical device object, and when they were made.
    down: BTreeMap<ObjectId, (ObjectId, u64)>,
    advised: BTreeSet<ObjectId>,
}

impl Rule for PowerPolicy {
    fn names(&self) -> &'static [&'static str] {
        &["SystemIrpBeforeDeviceIrp", "SystemWorkingHeld", "PowerPolicyOwner", "WaitWakeLeftArmed"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[
            Tag::PowerIrpCreated,
            Tag::PowerIrpCompleted,
            Tag::CompletionRoutineCalled,
            Tag::DevicePowerChanged,
            Tag::SystemPowerChanged,
        ]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::PowerIrpCreated(made) => {
                let down = made.minor == names::power::SET_POWER && made.state > DEVICE_D0;
                if made.requested && !made.system && down {
                    self.down.insert(made.irp, (made.pdo, event.seq));
                }
            }
            EventKind::PowerIrpCompleted(done) => {
                self.down.remove(&done.irp);
                self.system_completed(event, done.irp, world, findings);
            }
            EventKind::CompletionRoutineCalled(called) => system_held(event, called, world, findings),
            EventKind::DevicePowerChanged(change) => {
                self.states.insert(change.pdo, change.to);
                if change.armed && change.to >= DEVICE_D3 {
                    let found = Violation::new("WaitWakeLeftArmed", event).object(change.pdo).advice();
                    findings.report(found.detail(format!("{} went to D3 armed for wake", change.pdo)));
                }
            }
            EventKind::SystemPowerChanged(change) if change.state > SYSTEM_WORKING && !change.paging => {
                self.asleep(event, change.state, world, findings);
            }
            _ => {}
        }
    }
}

impl PowerPolicy {
    fn system_completed(&self, event: &Event, irp: ObjectId, world: &World, findings: &mut Findings) {
        let Some(power) = world.irp(irp).and_then(|irp| irp.power) else { return };
        if !power.system || !power.is_down() {
            return;
        }
        let Some((device, (_, since))) = self.down.iter().find(|(_, (pdo, _))| *pdo == power.pdo) else {
            return;
        };
        let detail = format!("{} was complete before {device}, which follows from it", power.text());
        let found =
            Violation::new("SystemIrpBeforeDeviceIrp", event).object(irp).object(*device).since(*since);
        findings.report(found.detail(detail));
    }

    fn asleep(&mut self, event: &Event, state: u32, world: &World, findings: &mut Findings) {
        let mut ours: Vec<_> = world.devices().filter(|(_, device)| device.is_ours_alive()).collect();
        ours.sort_unstable_by_key(|(id, _)| *id);
        for (id, device) in ours {
            let awake = self.states.get(&device.pdo).is_none_or(|state| *state == DEVICE_D0);
            let asked = self.down.values().any(|(pdo, _)| *pdo == device.pdo);
            if device.is_attached() && awake && !asked && self.advised.insert(device.pdo) {
                let found = Violation::new("PowerPolicyOwner", event).object(id).object(device.pdo).advice();
                let detail = format!(
                    "the system is in {}, and nobody has asked for {} to leave D0",
                    names::system_state(state),
                    device.pdo
                );
                findings.report(found.detail(detail));
            }
        }
    }
}

fn system_held(event: &Event, called: &CompletionRoutineCalled, world: &World, findings: &mut Findings) {
    if called.by != Actor::Driver || !called.more_processing {
        return;
    }
    let Some(power) = world.irp(called.irp).and_then(|irp| irp.power) else { return };
    if power.system && power.is_up() {
        let found =
            Violation::new("SystemWorkingHeld", event).object(called.irp).object(called.device).advice();
        findings.report(found.detail("the IRP for S0 was kept: complete it at once and let D0 follow"));
    }
}
