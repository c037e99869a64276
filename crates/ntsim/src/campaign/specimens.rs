//! The campaign of specimens: drivers that each break one rule must each be caught by it.
//!
//! A specimen is an image of its own, so each piece is done in a process of its own, on that image. Which rule
//! must catch it, and which others may speak up, is in a table (`expectations.json`); what is played, in
//! another (`scenarios.json`).

mod table;

use std::collections::BTreeSet;

use nt_trace::Severity;
pub use table::{Allowed, SCRIPT, Specimen, Table};

use super::{Campaign, Finding, Piece, Plan, Recipe, Record, Share, Wrong, schedules, wrong_in};
use crate::{
    life::Life,
    machine::{Choices, Machine},
    scenario::{Completion, Face, Scenario},
    sched::policy::Bounds,
    stop::Stop,
};

/// The name on the command line.
pub const NAME: &str = "specimens";
/// Orders of the threads in which the driver that breaks nothing is played, beside the usual one.
const SEEDS: u64 = 50;
/// Orders in which each of the others is played, beside the usual one.
const FEW_SEEDS: u64 = 4;
/// Orders of a specimen that shows its defect in some only.
const MOST_ORDERS: u64 = 2_000;

/// The campaign over the specimens of a table.
#[derive(Clone, Debug, Default)]
pub struct Specimens {
    /// The table.
    pub table: Table,
}

impl Campaign for Specimens {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "drivers that break one rule each: the rule catches it, and no other speaks up"
    }

    fn pieces(&self, plan: &Plan) -> Vec<Piece> {
        let piece = |specimen: &Specimen| Piece::new(NAME, &specimen.name, plan);
        self.table.specimens.iter().map(piece).collect()
    }

    /// The machine has the specimen's image.
    fn run(&self, piece: &Piece, machine: &mut Machine, tell: &mut dyn FnMut(Record)) -> Result<(), Stop> {
        let Some((specimen, scenario)) = self.table.find(&piece.subject) else {
            let reason = format!("there is no specimen {} with a scenario", piece.subject);
            tell(Record::NotRun { reason });
            return Ok(());
        };
        let mut told = Told::default();
        let usual = Recipe { user_reads: specimen.user_reads, ..Recipe::new(scenario.clone()) };
        told.judge(specimen, &usual, machine, !specimen.orders)?;
        if specimen.orders {
            told.explore(specimen, &Recipe { atomics: true, ..usual.clone() }, machine)?;
        }
        let good = specimen.rule.is_none();
        for seed in 1..=if good { SEEDS } else { FEW_SEEDS } {
            let mut recipe = Recipe { choices: Choices::Seed(seed), ..usual.clone() };
            if good {
                recipe.scenario = with_another_stack(recipe.scenario, seed);
            }
            told.judge(specimen, &recipe, machine, good)?;
        }
        told.demand_what_is_allowed(specimen, usual);
        let Told { lives, calls, finding, .. } = told;
        tell(Record::Lives { lives, calls });
        tell(Record::Specimen { rule: specimen.rule.clone(), caught: finding.is_none() });
        finding.map(Finding::record).into_iter().for_each(tell);
        Ok(())
    }
}

/// What is added up over a piece.
#[derive(Default)]
struct Told {
    lives: u64,
    calls: u64,
    /// The first life that went otherwise than the table says.
    finding: Option<Finding>,
    /// The rules that spoke up in any of them.
    spoke: BTreeSet<String>,
}

impl Told {
    /// Plays a specimen in many orders: one must show its defect.
    fn explore(&mut self, specimen: &Specimen, recipe: &Recipe, machine: &mut Machine) -> Result<(), Stop> {
        let (bounds, all) = (Bounds { preemptions: Some(1), turns: None }, Share::default());
        let mut caught = false;
        let mut wrong = None;
        let explored = schedules::explore(machine, recipe, bounds, all, MOST_ORDERS, &mut |life| {
            self.lives += 1;
            self.calls += life.calls;
            self.spoke.extend(life.violations.iter().map(|violation| violation.rule.to_string()));
            caught |= missed(specimen, life).is_none();
            let others = otherwise(specimen, life);
            if wrong.is_none() && !others.is_empty() {
                wrong = Some(Finding { wrong: others, recipe: recipe.clone().as_played(life) });
            }
        })?;
        if !caught && wrong.is_none() {
            let text = format!("none of {} orders shows what {} does wrong", explored.orders, specimen.name);
            wrong = Some(Finding { wrong: vec![Wrong::said(text)], recipe: recipe.clone() });
        }
        self.finding = self.finding.take().or(wrong);
        Ok(())
    }

    /// An allowance that nobody needs hides what may come to need one.
    fn demand_what_is_allowed(&mut self, specimen: &Specimen, recipe: Recipe) {
        let needless = specimen.allowed.iter().filter(|allowed| !self.spoke.contains(&allowed.rule));
        let wrong: Vec<Wrong> = needless
            .map(|allowed| {
                Wrong::said(format!("{} is allowed for {} and never speaks up", allowed.rule, specimen.name))
            })
            .collect();
        if self.finding.is_none() && !wrong.is_empty() {
            self.finding = Some(Finding { wrong, recipe });
        }
    }

    /// `must_be_caught`: in other orders than the usual one a defect may stay hidden.
    fn judge(
        &mut self,
        specimen: &Specimen,
        recipe: &Recipe,
        machine: &mut Machine,
        must_be_caught: bool,
    ) -> Result<(), Stop> {
        let life = recipe.live(machine)?;
        self.spoke.extend(life.violations.iter().map(|violation| violation.rule.to_string()));
        self.lives += 1;
        self.calls += life.calls;
        let mut wrong = otherwise(specimen, &life);
        if must_be_caught {
            wrong.extend(missed(specimen, &life));
        }
        if self.finding.is_none() && !wrong.is_empty() {
            self.finding = Some(Finding { wrong, recipe: recipe.clone().as_played(&life) });
        }
        Ok(())
    }
}

/// What the table does not say of a specimen's life. Nothing: no rule spoke up that is neither the specimen's own nor
/// allowed for.
#[must_use]
pub fn otherwise(specimen: &Specimen, life: &Life) -> Vec<Wrong> {
    if specimen.rule.is_none() {
        // Nothing is excused.
        let mut wrong = wrong_in(life);
        wrong.extend(life.difference.clone().map(Wrong::said));
        return wrong;
    }
    let mut wrong: Vec<Wrong> = wrong_in(life)
        .into_iter()
        .filter(|it| it.rule.as_ref().is_some_and(|it| !specimen.allows(it)))
        .collect();
    let advice =
        life.violations.iter().filter(|it| it.severity == Severity::Advice && !specimen.allows(&it.rule));
    wrong.extend(advice.map(|it| Wrong { event: it.seqs.last().copied(), ..Wrong::said(it.to_string()) }));
    wrong
}

/// What is said when a specimen's defect was not seen.
#[must_use]
pub fn missed(specimen: &Specimen, life: &Life) -> Option<Wrong> {
    let rule = specimen.rule.as_deref()?;
    let spoke: BTreeSet<&str> = life.violations.iter().map(|violation| &*violation.rule).collect();
    let caught = if rule == table::SCRIPT { life.difference.is_some() } else { spoke.contains(rule) };
    if caught {
        return None;
    }
    let others: Vec<&str> = spoke.into_iter().collect();
    let others = if others.is_empty() { "nothing".to_owned() } else { others.join(", ") };
    let name = &specimen.name;
    Some(Wrong::said(format!("{rule} does not see what {name} does wrong; seen: {others}")))
}

/// The same scenario above another USB stack, or one that completes at another time.
fn with_another_stack(scenario: Scenario, seed: u64) -> Scenario {
    scenario.with_devices(|plug| {
        plug.face = if seed.is_multiple_of(2) { Face::Usb3 } else { Face::Usb2 };
        plug.completion = match seed % 5 {
            0 => Completion::Inline,
            1 => Completion::InlinePending,
            2 => Completion::Racing,
            3 => Completion::Passive,
            _ => Completion::Dispatch,
        };
    })
}
