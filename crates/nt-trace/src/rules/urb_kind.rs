//! `UrbWrongKind`: an URB is used only for what its allocation routine made it for.

use super::predicate::Predicate;
use crate::event::{Event, EventKind, Tag, UrbKind};
use crate::names::{self, function};
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate { names: &["UrbWrongKind"], interest: &[Tag::UrbSubmitted], on };

fn on(event: &Event, _: &World, findings: &mut Findings) {
    let EventKind::UrbSubmitted(sent) = &event.kind else { return };
    let isochronous =
        matches!(sent.function, function::ISOCH_TRANSFER | function::ISOCH_TRANSFER_USING_CHAINED_MDL);
    let allowed = match sent.kind {
        UrbKind::Isochronous => isochronous,
        UrbKind::SelectConfiguration => sent.function == function::SELECT_CONFIGURATION,
        UrbKind::SelectInterface => sent.function == function::SELECT_INTERFACE,
        // Selecting no configuration is allowed with a plain URB; the trace does not tell which it is.
        UrbKind::Plain => !isochronous && sent.function != function::SELECT_INTERFACE,
        UrbKind::Foreign => true, // ForeignUrb reports it
    };
    if !allowed {
        let function = names::urb_function(sent.function).unwrap_or("an unknown function");
        let detail = format!("{} was allocated as {:?} and used for {function}", sent.urb, sent.kind);
        findings
            .report(Violation::new("UrbWrongKind", event).object(sent.urb).object(sent.irp).detail(detail));
    }
}
