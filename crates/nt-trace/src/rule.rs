//! The engine: what a rule is, and the set of all of them.

use crate::event::{Event, Tag};
use crate::rules;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// A predicate over a trace.
///
/// A rule keeps what it needs to remember and nothing else; it never looks into the simulator. It is
/// asked only about the kinds of event it is interested in.
pub trait Rule {
    /// The names it reports, each with an entry in the catalogue.
    fn names(&self) -> &'static [&'static str];

    /// The kinds of event it wants to see.
    fn interest(&self) -> &'static [Tag];

    /// Judges one event. `world` is what the trace said before it.
    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings);

    /// Judges the end of the trace. `last` is the last event.
    fn at_end(&mut self, last: &Event, world: &World, findings: &mut Findings) {
        let _ = (last, world, findings);
    }
}

/// Rules that run together over one trace.
pub struct RuleSet {
    rules: Vec<Box<dyn Rule>>,
    by_tag: Vec<Vec<usize>>,
    world: World,
    findings: Findings,
    last: Option<Event>,
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuleSet")
            .field("rules", &self.rules.len())
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}

impl Default for RuleSet {
    fn default() -> Self {
        Self::all()
    }
}

impl RuleSet {
    /// Every rule there is.
    #[must_use]
    pub fn all() -> Self {
        Self::of(rules::all())
    }

    /// Just these rules.
    #[must_use]
    pub fn of(rules: Vec<Box<dyn Rule>>) -> Self {
        let mut by_tag = vec![Vec::new(); Tag::ALL.len()];
        for (index, rule) in rules.iter().enumerate() {
            for tag in rule.interest() {
                by_tag[*tag as usize].push(index);
            }
        }
        Self { rules, by_tag, world: World::default(), findings: Findings::default(), last: None }
    }

    /// The names that these rules report, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.rules.iter().flat_map(|rule| rule.names().iter().copied()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Judges the next event. Allocates nothing unless something is remembered or found.
    pub fn on(&mut self, event: &Event) {
        for index in &self.by_tag[event.kind.tag() as usize] {
            if let Some(rule) = self.rules.get_mut(*index) {
                rule.on(event, &self.world, &mut self.findings);
            }
        }
        self.world.apply(event);
        match &mut self.last {
            Some(last) => (last.seq, last.time) = (event.seq, event.time),
            None => self.last = Some(Event { seq: event.seq, time: event.time, ..Event::default() }),
        }
    }

    /// What was found so far.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        self.findings.list()
    }

    /// Ends the trace and gives what was found. Call it once.
    pub fn finish(&mut self) -> &[Violation] {
        let last = self.last.take().unwrap_or_default();
        for rule in &mut self.rules {
            rule.at_end(&last, &self.world, &mut self.findings);
        }
        self.findings.list()
    }

    /// Runs every rule over a whole trace.
    #[must_use]
    pub fn judge<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<Violation> {
        let mut set = Self::all();
        events.into_iter().for_each(|event| set.on(event));
        set.finish().to_vec()
    }
}
