//! `FilterAboveAssertion`: what a filter above the driver asserts of each IRP that it passes down, as the filter of
//! HLK's device fundamentals tests does.

use super::neighbour::Found;
use crate::event::{Actor, Event, EventKind, Tag};
use crate::rule::Rule;
use crate::violation::Findings;
use crate::world::World;

/// The rule. Speaks only of IRPs that no other rule has spoken of.
#[derive(Debug, Default)]
pub struct FilterAbove(Found);

impl Rule for FilterAbove {
    fn names(&self) -> &'static [&'static str] {
        &["FilterAboveAssertion"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::NeighbourFound]
    }

    fn on(&mut self, event: &Event, _: &World, _: &mut Findings) {
        if matches!(&event.kind, EventKind::NeighbourFound(found) if found.by == Actor::Above) {
            self.0.note(event);
        }
    }

    fn at_end(&mut self, _: &Event, _: &World, findings: &mut Findings) {
        self.0.report("FilterAboveAssertion", findings);
    }
}
