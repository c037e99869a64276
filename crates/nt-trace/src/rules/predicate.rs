//! Rules that need no memory of their own.

use crate::event::{Event, Tag};
use crate::rule::Rule;
use crate::violation::Findings;
use crate::world::World;

/// A rule that is one function.
pub struct Predicate {
    pub names: &'static [&'static str],
    pub interest: &'static [Tag],
    pub on: fn(&Event, &World, &mut Findings),
}

impl Rule for Predicate {
    fn names(&self) -> &'static [&'static str] {
        self.names
    }

    fn interest(&self) -> &'static [Tag] {
        self.interest
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        (self.on)(event, world, findings);
    }
}
