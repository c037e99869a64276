//! `AddDeviceUnwind`: an `AddDevice` that fails leaves no device object behind.

use super::predicate::Predicate;
use crate::event::{Callback, Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate { names: &["AddDeviceUnwind"], interest: &[Tag::CallbackLeave], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let EventKind::CallbackLeave(leave) = &event.kind else { return };
    let Callback::AddDevice { pdo } = leave.callback else { return };
    if !leave.status.is_error() {
        return;
    }
    let mut left: Vec<_> = world.devices().filter(|(_, d)| d.is_ours_alive() && d.pdo == pdo).collect();
    left.sort_by_key(|(id, _)| *id);
    // Only what this call made: an earlier device of the same stack is another matter.
    let entered = world.frame(event).map_or(event.seq, |frame| frame.entered);
    for (id, _) in left.into_iter().filter(|(_, device)| device.created > entered) {
        let detail = format!("AddDevice failed with {} and left {id}", leave.status);
        findings.report(
            Violation::new("AddDeviceUnwind", event).object(id).object(pdo).since(entered).detail(detail),
        );
    }
}
