//! `AddDevice` and `PnpSameDeviceObject`: create first, then attach to the stack one was given.

use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate =
    Predicate { names: &["AddDevice", "PnpSameDeviceObject"], interest: &[Tag::DeviceAttached], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let EventKind::DeviceAttached(attached) = &event.kind else { return };
    let Some(frame) = world.in_add_device(event) else { return };
    if attached.by != Actor::Driver {
        return;
    }
    let found = |rule| {
        Violation::new(rule, event).object(attached.device).object(attached.target).since(frame.entered)
    };
    if !world.device(attached.device).is_some_and(crate::world::Device::is_ours_alive) {
        findings.report(
            found("AddDevice").detail(format!("{} is no device object of the driver", attached.device)),
        );
    } else if attached.target.is_some() && attached.target != frame.pdo() {
        let detail = format!("AddDevice was given {} and attached to {}", frame.pdo(), attached.target);
        findings.report(found("PnpSameDeviceObject").detail(detail));
    }
}
