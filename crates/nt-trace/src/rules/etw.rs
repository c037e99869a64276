//! `EtwMetadata`: what a driver tells event tracing can be decoded by what it brings along. `EtwNotRegistered`: events are
//! written between `EtwRegister` and `EtwUnregister` only.

use super::predicate::Predicate;
use crate::event::{Event, EventKind, Tag};
use crate::object::ObjectId;
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &["EtwMetadata", "EtwNotRegistered"],
    interest: &[Tag::EtwTraits, Tag::EtwWritten],
    on,
};

fn on(event: &Event, _: &World, findings: &mut Findings) {
    match &event.kind {
        EventKind::EtwTraits(traits) if !traits.flaw.is_empty() => {
            let found = Violation::new("EtwMetadata", event).object(traits.provider);
            findings.report(found.detail(format!("the provider's traits cannot be read: {}", traits.flaw)));
        }
        EventKind::EtwWritten(written) if written.provider == ObjectId::NONE => {
            let detail = format!("{} was written with a handle that is not registered", written.name);
            findings.report(Violation::new("EtwNotRegistered", event).detail(detail));
        }
        EventKind::EtwWritten(written) if !written.flaw.is_empty() => {
            let found = Violation::new("EtwMetadata", event).object(written.provider);
            findings.report(found.detail(format!("{} cannot be decoded: {}", written.name, written.flaw)));
        }
        _ => {}
    }
}
