//! `CompletionEventChecking`: marking pending and signalling a waiter are two different protocols.

use super::predicate::Predicate;
use crate::event::{Callback, Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate =
    Predicate { names: &["CompletionEventChecking"], interest: &[Tag::CallbackLeave], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let EventKind::CallbackLeave(leave) = &event.kind else { return };
    let Callback::Completion { irp, .. } = leave.callback else { return };
    let Some(frame) = world.frame(event) else { return };
    if frame.marked && frame.signalled {
        let found = Violation::new("CompletionEventChecking", event).since(frame.entered).object(irp);
        findings.report(found.detail("one completion routine marked the IRP pending and set an event"));
    }
}
