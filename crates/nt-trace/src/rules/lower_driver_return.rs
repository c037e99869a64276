//! `LowerDriverReturn`: a dispatch routine returns what the lower driver returned, or what it completed
//! the IRP with.

use super::exit::Exit;
use super::predicate::Predicate;
use crate::event::{Event, Tag};
use crate::value::NtStatus;
use crate::violation::Findings;
use crate::world::{Owner, World};

pub const RULE: Predicate = Predicate { names: &["LowerDriverReturn"], interest: &[Tag::CallbackLeave], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let Some(exit) = Exit::of(event, world) else { return };
    let taken_back = exit.state.is_some_and(|irp| irp.owner == Owner::Driver);
    if exit.frame.marked
        || exit.returned == NtStatus::PENDING
        || exit.fails_what_must_not_fail()
        || taken_back
    {
        return; // other rules judge these
    }
    let Some(expected) = exit.frame.completed.or(exit.frame.lower) else { return };
    if exit.returned != expected {
        let whose = if exit.frame.completed.is_some() { "completed with" } else { "answered below with" };
        let detail = format!("{} was {whose} {expected}, but {} was returned", exit.request(), exit.returned);
        let code = if exit.returned.0 == u32::MAX { 0x225 } else { 0x224 };
        findings.report(exit.violation("LowerDriverReturn", event).code(0xC9, code).detail(detail));
    }
}
