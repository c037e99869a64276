//! `UnloadWithPendingOperations`: nothing calls into the image after it is gone.

use super::predicate::Predicate;
use crate::event::{Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::{Owner, World};

pub const RULE: Predicate = Predicate {
    names: &["UnloadWithPendingOperations"],
    interest: &[Tag::DriverUnloaded, Tag::PendingAtUnload],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    if let EventKind::PendingAtUnload(pending) = &event.kind {
        let found = Violation::new("UnloadWithPendingOperations", event).check(0xCE).object(pending.object);
        findings.report(
            found.detail(format!("the driver was unloaded while {} {}", pending.object, pending.what)),
        );
        return;
    }
    let EventKind::DriverUnloaded(_) = &event.kind else { return };
    let mut pending: Vec<_> = world
        .irps()
        .filter(|(_, irp)| !irp.finished && !irp.is_ours())
        .filter(|(_, irp)| {
            irp.owner == Owner::Driver || (irp.owner == Owner::Below && irp.sent_with_completion)
        })
        .collect();
    pending.sort_by_key(|(id, _)| *id);
    for (id, irp) in pending {
        let found =
            Violation::new("UnloadWithPendingOperations", event).check(0xCE).object(id).since(irp.created);
        findings.report(found.detail(format!("the driver was unloaded while it had {id}")));
    }
}
