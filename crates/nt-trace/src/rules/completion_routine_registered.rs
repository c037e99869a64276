//! `CompletionRoutineRegistered`: who sets a completion routine with the `Ex` form sends the IRP down.

use super::exit::Exit;
use super::predicate::Predicate;
use crate::event::{Actor, Event, EventKind, Tag};
use crate::names;
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &["CompletionRoutineRegistered"],
    interest: &[Tag::CallbackLeave, Tag::IrpCompleteCalled],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    if let EventKind::IrpCompleteCalled(call) = &event.kind {
        // Sending the IRP forgets the routine that was set for it.
        let irp = world.irp(call.irp).filter(|irp| irp.completion == Some(true) && call.by == Actor::Driver);
        let Some(irp) = irp else { return };
        let found = Violation::new("CompletionRoutineRegistered", event).object(call.irp);
        let request = names::request(irp.major, irp.minor);
        findings.report(
            found.detail(format!("{request} was completed after a completion routine was set for it")),
        );
        return;
    }
    let Some(exit) = Exit::of(event, world) else { return };
    // One that was completed has been judged then.
    let kept = exit.frame.completed.is_none();
    let set_by_ex = exit.state.is_some_and(|irp| irp.completion == Some(true));
    if set_by_ex && kept && exit.returned != NtStatus::PENDING {
        let detail = format!("{} has a completion routine set, but it was not sent down", exit.request());
        findings.report(exit.violation("CompletionRoutineRegistered", event).detail(detail));
    }
}
