//! `CompletionRoutineRegistered`: who sets a completion routine with the `Ex` form sends the IRP down.

use super::exit::Exit;
use super::predicate::Predicate;
use crate::event::{Event, Tag};
use crate::value::NtStatus;
use crate::violation::Findings;
use crate::world::World;

pub const RULE: Predicate =
    Predicate { names: &["CompletionRoutineRegistered"], interest: &[Tag::CallbackLeave], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let Some(exit) = Exit::of(event, world) else { return };
    let set_by_ex = exit.state.is_some_and(|irp| irp.completion == Some(true));
    if set_by_ex && exit.returned != NtStatus::PENDING {
        let detail = format!("{} has a completion routine set, but it was not sent down", exit.request());
        findings.report(exit.violation("CompletionRoutineRegistered", event).detail(detail));
    }
}
