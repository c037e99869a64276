//! `PendingAtChange`: transfers are brought back before the pipes that they are on are closed, or the port is reset or
//! cycled.

use super::predicate::Predicate;
use crate::event::{Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate { names: &["PendingAtChange"], interest: &[Tag::PendingAtChange], on };

fn on(event: &Event, _: &World, findings: &mut Findings) {
    let EventKind::PendingAtChange(change) = &event.kind else { return };
    let detail =
        format!("{} is to {} while {} transfers are pending", change.irp, change.what, change.pending);
    findings.report(Violation::new("PendingAtChange", event).object(change.irp).detail(detail));
}
