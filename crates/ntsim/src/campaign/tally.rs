//! What a piece of work adds up: lives, and each finding once.

use std::collections::BTreeSet;

use super::{Finding, Recipe, Record};
use crate::{life::Life, machine::Machine, stop::Stop};

/// Counts lives and tells findings. The same rule broken at the same place is told once in a piece of work.
pub(super) struct Tally<'a> {
    tell: &'a mut dyn FnMut(Record),
    lives: u64,
    calls: u64,
    told: BTreeSet<String>,
}

impl<'a> Tally<'a> {
    pub fn new(tell: &'a mut dyn FnMut(Record)) -> Self {
        Self { tell, lives: 0, calls: 0, told: BTreeSet::new() }
    }

    /// Plays a life and tells what was wrong in it.
    ///
    /// # Errors
    /// When the host refuses the machine a new life.
    pub fn live(
        &mut self,
        machine: &mut Machine,
        recipe: &Recipe,
        must_follow_script: bool,
    ) -> Result<Life, Stop> {
        let life = recipe.live(machine)?;
        self.count(&life);
        if let Some(finding) = Finding::of(recipe, &life, must_follow_script) {
            self.find(finding);
        }
        Ok(life)
    }

    /// Counts a life that was judged elsewhere.
    pub const fn count(&mut self, life: &Life) {
        self.lives += 1;
        self.calls += life.calls;
    }

    /// Tells a finding, unless one like it was told.
    pub fn find(&mut self, finding: Finding) {
        if self.told.insert(kind(&finding)) {
            (self.tell)(finding.record());
        }
    }

    /// How many findings were told.
    pub fn found(&self) -> usize {
        self.told.len()
    }

    /// Tells anything else.
    pub fn tell(&mut self, record: Record) {
        (self.tell)(record);
    }

    /// Tells the sums.
    pub fn end(self) {
        (self.tell)(Record::Lives { lives: self.lives, calls: self.calls });
    }
}

/// What two findings have in common when they are the same defect: the rules and where they were broken; without a
/// rule, the words without their numbers.
pub(super) fn kind(finding: &Finding) -> String {
    let mut parts: Vec<String> = finding
        .wrong
        .iter()
        .map(|one| match (&one.rule, &one.site) {
            (Some(rule), Some(site)) => format!("{rule} at {site}"),
            (Some(rule), None) => rule.clone(),
            (None, _) => one.text.chars().filter(|c| !c.is_ascii_digit()).collect(),
        })
        .collect();
    parts.sort();
    parts.dedup();
    parts.join("; ")
}
