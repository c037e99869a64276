//! `PdoRequired`: routines that want the physical device object get it, not the driver's own.

use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate { names: &["PdoRequired"], interest: &[Tag::InterfaceRegistered], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let EventKind::InterfaceRegistered(made) = &event.kind else { return };
    if world.device(made.pdo).is_some_and(|device| device.by == Actor::Driver) {
        let found = Violation::new("PdoRequired", event).code(0xC9, 0x24D).object(made.pdo);
        findings.report(found.detail(format!("{} is the driver's own device object, and no PDO", made.pdo)));
    }
}
