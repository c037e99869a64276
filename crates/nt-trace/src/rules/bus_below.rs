//! `BusBelowAssertion`: what the bus below the driver asserts of each IRP that arrives: initial status,
//! parameters, IRQL, and that nothing is left when `REMOVE_DEVICE` comes.

use super::neighbour::Found;
use crate::event::{Actor, Event, EventKind, Tag};
use crate::rule::Rule;
use crate::violation::Findings;
use crate::world::World;

/// The rule. Speaks only of IRPs that no other rule has spoken of.
#[derive(Debug, Default)]
pub struct BusBelow(Found);

impl Rule for BusBelow {
    fn names(&self) -> &'static [&'static str] {
        &["BusBelowAssertion"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::NeighbourFound]
    }

    fn on(&mut self, event: &Event, _: &World, _: &mut Findings) {
        if matches!(&event.kind, EventKind::NeighbourFound(found) if found.by == Actor::Below) {
            self.0.note(event);
        }
    }

    fn at_end(&mut self, _: &Event, _: &World, findings: &mut Findings) {
        self.0.report("BusBelowAssertion", findings);
    }
}
