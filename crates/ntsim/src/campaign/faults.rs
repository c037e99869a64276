//! A campaign of failures: each call that may fail does fail, one in a life.
//!
//! Every scenario is played once as it is, which gives the places in the driver that call a routine whose
//! documentation lets it fail ([`FaultSite`]). Then each call from each place fails, with each documented
//! status, in a life of its own. The script may go otherwise then; the driver must neither break a rule nor
//! leak, and it must still be possible to remove its devices and to unload it ([`life::survive`]). With
//! [`Bounds::pairs`], each call that follows a failure fails too.
//!
//! [`life::survive`]: crate::life::survive

mod bounds;

use std::collections::{BTreeMap, BTreeSet};

pub use bounds::Bounds;
use nt_trace::NtStatus;

use super::{Campaign, Extent, Finding, Piece, Plan, Recipe, Record, Share, Wrong, subject, wrong_in};
use crate::{
    kernel::{
        exports,
        fault::{Fault, FaultSite},
    },
    machine::Machine,
    stop::Stop,
};

/// The name on the command line.
const NAME: &str = "faults";
/// What a scenario's piece comes to, in lives, until it is known better.
const USUAL: u32 = 40;
/// Scenarios whose lives take a hundred times as long as others', because they move megabytes.
const LONG: [&str; 2] = ["whole_life", "split"];
/// Scenarios in which what follows a failure fails too, where there is no time for all of them.
const PAIRED: [&str; 4] =
    ["short_life", "rebalance_fails_at_restart", "disable_and_enable", "surprise_with_io"];

/// The campaign.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults;

impl Campaign for Faults {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "each call that may fail does, one in a life; then what is called because of it"
    }

    fn pieces(&self, plan: &Plan) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for name in subject::names(plan) {
            if plan.extent == Extent::Quick && name == "whole_life" {
                continue;
            }
            let bounds = Bounds::of(plan.extent, &name);
            let long = LONG.contains(&name.as_str());
            let shares = if long { 4 } else { 1 } * if bounds.pairs { 4 } else { 1 };
            let weight = USUAL * if long { 20 } else { 1 } * if bounds.pairs { 8 } else { 1 } / shares;
            pieces.extend(
                Share::all(shares).map(|share| Piece::new(NAME, &name, plan).share(share).weighing(weight)),
            );
        }
        pieces
    }

    fn run(&self, piece: &Piece, machine: &mut Machine, tell: &mut dyn FnMut(Record)) -> Result<(), Stop> {
        let Some(subject) = subject::find(&piece.subject) else {
            let reason = format!("there is no scenario {}", piece.subject);
            tell(Record::NotRun { reason });
            return Ok(());
        };
        let bounds = Bounds::of(piece.extent, &piece.subject);
        let mut work = Work { machine, tell, told: Told::default() };
        work.share(&subject, bounds, piece.share)?;
        let Work { tell, told, .. } = work;
        told.tell(tell);
        Ok(())
    }
}

/// Makes calls of one scenario fail, as [`Campaign::run`] does for its pieces.
///
/// # Errors
/// When the host refuses the machine a new life.
pub fn fail_each(
    machine: &mut Machine,
    subject: &subject::Subject,
    bounds: Bounds,
    tell: &mut dyn FnMut(Record),
) -> Result<(), Stop> {
    let mut work = Work { machine, tell, told: Told::default() };
    work.share(subject, bounds, Share::default())?;
    let Work { tell, told, .. } = work;
    told.tell(tell);
    Ok(())
}

/// What is added up over a piece.
#[derive(Default)]
struct Told {
    lives: u64,
    calls: u64,
    seen: BTreeSet<FaultSite>,
    failed: BTreeSet<FaultSite>,
}

impl Told {
    fn tell(self, tell: &mut dyn FnMut(Record)) {
        let names = |sites: BTreeSet<FaultSite>| sites.iter().map(ToString::to_string).collect();
        tell(Record::Lives { lives: self.lives, calls: self.calls });
        tell(Record::Sites { seen: names(self.seen), failed: names(self.failed) });
    }
}

struct Work<'a> {
    machine: &'a mut Machine,
    tell: &'a mut dyn FnMut(Record),
    told: Told,
}

impl Work<'_> {
    fn share(&mut self, subject: &subject::Subject, bounds: Bounds, share: Share) -> Result<(), Stop> {
        self.live(subject, Vec::new(), share.number == 0)?;
        let seen = self.machine.kernel().faults.seen().clone();
        self.told.seen.extend(seen.keys());
        for (index, fault) in plan(&seen, bounds).into_iter().enumerate() {
            if !share.has(index) {
                continue;
            }
            self.live(subject, vec![fault], true)?;
            if bounds.pairs {
                for second in what_follows(self.machine, bounds) {
                    self.live(subject, vec![fault, second], true)?;
                }
            }
        }
        Ok(())
    }

    /// Plays one life and judges it. `judge`: no other share does.
    fn live(&mut self, subject: &subject::Subject, faults: Vec<Fault>, judge: bool) -> Result<(), Stop> {
        let recipe = Recipe { faults, ..Recipe::new(subject.scenario.clone()) };
        let life = recipe.live_noting_calls(self.machine)?;
        self.told.lives += 1;
        self.told.calls += life.calls;
        if !judge {
            return Ok(());
        }
        let mut wrong = wrong_in(&life);
        if self.machine.kernel().faults.happened() != recipe.faults {
            wrong.push(Wrong::said("a call that was to fail was not made".into()));
        } else if recipe.faults.is_empty() {
            // Without a failure a script that was written for the driver has no reason to go otherwise.
            let difference = life.difference.clone().filter(|_| subject.written_for_it);
            wrong.extend(difference.map(Wrong::said));
        } else {
            self.told.failed.extend(recipe.faults.iter().map(|fault| fault.site));
        }
        if !wrong.is_empty() {
            (self.tell)(Finding { wrong, recipe: recipe.as_played(&life) }.record());
        }
        Ok(())
    }
}

/// The failures to inject after the first failure of the life that was played last.
fn what_follows(machine: &Machine, bounds: Bounds) -> Vec<Fault> {
    let kernel = machine.kernel();
    let before = kernel.faults.seen_before();
    let mut plan = plan(kernel.faults.seen(), bounds);
    plan.retain(|fault| fault.occurrence > before.get(&fault.site).copied().unwrap_or(0));
    plan
}

/// The failures to inject where these calls are made.
#[must_use]
pub fn plan(seen: &BTreeMap<FaultSite, u32>, bounds: Bounds) -> Vec<Fault> {
    let mut plan = Vec::new();
    for (site, count) in seen {
        let statuses = exports::find_by_name(site.routine).map_or(&[][..], |export| export.failures);
        for occurrence in bounds.occurrences(*count) {
            let fault = |status: &u32| Fault { site: *site, occurrence, status: NtStatus(*status) };
            plan.extend(statuses.iter().map(fault));
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Bounds, plan};
    use crate::kernel::fault::FaultSite;

    #[test]
    fn each_documented_status_has_its_life() {
        let site = FaultSite { routine: "IoCreateDevice", offset: 1, path: 0 };
        let plan = plan(&BTreeMap::from([(site, 2)]), Bounds::default());
        let statuses =
            crate::kernel::exports::find_by_name("IoCreateDevice").map_or(0, |it| it.failures.len());
        assert!(statuses > 0);
        assert_eq!(plan.len(), 2 * statuses);
    }
}
