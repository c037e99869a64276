//! `UsbRequestOutsideD0`: no request for a device that is not in D0. `UsbIdleRequest`, `UsbIdleCallback`: idle
//! notifications.
//!
//! A request for a device that the power manager itself put to sleep is advice: its driver owns no policy.

use std::collections::BTreeMap;

use crate::event::{Event, EventKind, IdleSubmitted, Tag};
use crate::names::{self, DEVICE_D0, PASSIVE_LEVEL, power};
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// Whether the driver asked for the latest state of a device.
#[derive(Default)]
pub struct PowerDevice {
    requested: BTreeMap<ObjectId, bool>,
}

impl Rule for PowerDevice {
    fn names(&self) -> &'static [&'static str] {
        &["UsbRequestOutsideD0", "UsbIdleRequest", "UsbIdleCallback"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::PowerIrpCreated, Tag::RequestOutsideD0, Tag::IdleSubmitted, Tag::IdleCallbackReturned]
    }

    fn on(&mut self, event: &Event, _: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::PowerIrpCreated(made) if !made.system && made.minor == power::SET_POWER => {
                self.requested.insert(made.pdo, made.requested);
            }
            EventKind::RequestOutsideD0(request) => {
                let mut found =
                    Violation::new("UsbRequestOutsideD0", event).object(request.irp).object(request.pdo);
                if !self.requested.get(&request.pdo).is_some_and(|requested| *requested) {
                    found = found.advice();
                }
                let state = names::device_state(request.state);
                findings
                    .report(found.detail(format!("{} was sent while the device is in {state}", request.irp)));
            }
            EventKind::IdleSubmitted(idle) => {
                if let Some(why) = wrong(event, idle) {
                    let found = Violation::new("UsbIdleRequest", event).object(idle.irp).object(idle.pdo);
                    findings.report(found.detail(format!("an idle notification was sent {why}")));
                }
            }
            EventKind::IdleCallbackReturned(idle) if idle.state == DEVICE_D0 && !idle.excused => {
                let found = Violation::new("UsbIdleCallback", event).object(idle.irp).object(idle.pdo);
                findings.report(found.detail("the idle callback returned with the device in D0"));
            }
            _ => {}
        }
    }
}

fn wrong(event: &Event, idle: &IdleSubmitted) -> Option<String> {
    if event.irql > PASSIVE_LEVEL {
        return Some(format!("at {}", names::irql(event.irql)));
    }
    if idle.another {
        return Some("while another one is pending".into());
    }
    (idle.state != DEVICE_D0).then(|| format!("while the device is in {}", names::device_state(idle.state)))
}
