//! `PendedCompletedRequest`: an IRP completed in the dispatch routine and not marked is not pending.

use super::exit::Exit;
use super::predicate::Predicate;
use crate::event::{Event, Tag};
use crate::value::NtStatus;
use crate::violation::Findings;
use crate::world::World;

pub const RULE: Predicate =
    Predicate { names: &["PendedCompletedRequest"], interest: &[Tag::CallbackLeave], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let Some(exit) = Exit::of(event, world) else { return };
    if exit.returned == NtStatus::PENDING && exit.frame.completed.is_some() && !exit.frame.marked {
        let detail = format!("{} was completed, unmarked, and STATUS_PENDING returned", exit.request());
        findings.report(exit.violation("PendedCompletedRequest", event).code(0xC9, 0x23D).detail(detail));
    }
}
