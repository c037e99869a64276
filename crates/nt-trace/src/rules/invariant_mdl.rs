//! `InvariantMdl`: the data of a write does not change while the request is under way, and that of a read not before
//! it is answered.

use super::predicate::Predicate;
use crate::event::{Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate { names: &["InvariantMdl"], interest: &[Tag::DataChanged], on };

fn on(event: &Event, _: &World, findings: &mut Findings) {
    let EventKind::DataChanged(changed) = &event.kind else { return };
    let when = if changed.below { "while it was below" } else { "before it was passed on" };
    let detail = format!("the data of {} changed {when}", changed.irp);
    findings.report(Violation::new("InvariantMdl", event).object(changed.irp).detail(detail));
}
