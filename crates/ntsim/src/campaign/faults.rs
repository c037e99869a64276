//! A campaign of failures: each call that may fail does fail, one in a life.
//!
//! Every scenario is played once as it is, which gives the places in the driver that call a routine whose
//! documentation lets it fail ([`FaultSite`]). Then each call from each place fails, with each documented
//! status, in a life of its own. The script may go otherwise then; the driver must neither break a rule nor
//! leak, and it must still be possible to remove its devices and to unload it ([`life::survive`]). With
//! [`Bounds::pairs`], each call that follows a failure fails too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use nt_trace::NtStatus;

use super::Recipe;
use crate::{
    kernel::{
        exports,
        fault::{Fault, FaultSite},
    },
    life::Life,
    machine::Machine,
    scenario::Scenario,
    stop::Stop,
};

/// How many of the calls from one place fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many of the first calls.
    pub first: u32,
    /// How many of the last calls.
    pub last: u32,
    /// Whether a second call fails in the lives in which one has failed.
    pub pairs: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { first: 4, last: 1, pairs: false }
    }
}

impl Bounds {
    /// Which of `count` calls fail, counted from 1.
    fn occurrences(self, count: u32) -> impl Iterator<Item = u32> {
        let last = count.saturating_sub(self.last);
        (1..=count).filter(move |number| *number <= self.first || *number > last)
    }
}

/// A life in which something was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was played.
    pub scenario: String,
    /// The failures of this life, which replay it. None: it is wrong without a failure.
    pub faults: Vec<Fault>,
    /// What was wrong, in words.
    pub wrong: Vec<String>,
}

/// What became of one scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The scenario's name.
    pub scenario: String,
    /// The places whose calls may fail, and how many calls came from each.
    pub seen: BTreeMap<FaultSite, u32>,
    /// The places of which a call did fail.
    pub failed: BTreeSet<FaultSite>,
    /// Lives with a failure, or with two.
    pub injected: u32,
    /// Lives in which the script went otherwise because of the failure.
    pub different: u32,
    /// The lives in which something was wrong.
    pub findings: Vec<Finding>,
}

/// What a campaign found. Prints as a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// A row for each scenario.
    pub rows: Vec<Row>,
}

impl Report {
    /// Every place that was seen in some scenario.
    #[must_use]
    pub fn seen(&self) -> BTreeSet<FaultSite> {
        self.rows.iter().flat_map(|row| row.seen.keys().copied()).collect()
    }

    /// Every place of which a call failed in some life.
    #[must_use]
    pub fn failed(&self) -> BTreeSet<FaultSite> {
        self.rows.iter().flat_map(|row| row.failed.iter().copied()).collect()
    }

    /// Lives in which something was wrong.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.rows.iter().flat_map(|row| &row.findings)
    }
}

/// Plays every scenario with every failure, as the threads come.
///
/// # Errors
/// When the host refuses the machine a new life.
pub fn campaign(machine: &mut Machine, scenarios: &[Scenario], bounds: Bounds) -> Result<Report, Stop> {
    let mut report = Report::default();
    for scenario in scenarios {
        report.rows.push(fail_each(machine, scenario, bounds)?);
    }
    Ok(report)
}

fn fail_each(machine: &mut Machine, scenario: &Scenario, bounds: Bounds) -> Result<Row, Stop> {
    let mut row = Row { scenario: scenario.name.clone(), ..Row::default() };
    row.live(machine, scenario, &[])?;
    row.seen.clone_from(machine.kernel().faults.seen());
    for fault in plan(&row.seen, bounds) {
        row.live(machine, scenario, &[fault])?;
        if bounds.pairs {
            for second in what_follows(machine, bounds) {
                row.live(machine, scenario, &[fault, second])?;
            }
        }
    }
    Ok(row)
}

/// The failures to inject after the first failure of the life that was played last.
fn what_follows(machine: &Machine, bounds: Bounds) -> Vec<Fault> {
    let kernel = machine.kernel();
    let before = kernel.faults.seen_before();
    let mut plan = plan(kernel.faults.seen(), bounds);
    plan.retain(|fault| fault.occurrence > before.get(&fault.site).copied().unwrap_or(0));
    plan
}

/// One life of a campaign, with these failures.
///
/// # Errors
/// When the host refuses the machine a new life.
pub fn live(machine: &mut Machine, scenario: &Scenario, faults: &[Fault]) -> Result<Life, Stop> {
    Recipe { faults: faults.to_vec(), ..Recipe::new(scenario.clone()) }.live(machine)
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

impl Row {
    /// Plays one life and judges it.
    fn live(&mut self, machine: &mut Machine, scenario: &Scenario, faults: &[Fault]) -> Result<(), Stop> {
        let life = live(machine, scenario, faults)?;
        let mut wrong = wrong_in(&life);
        if machine.kernel().faults.happened() != faults {
            wrong.push("a call that was to fail was not made".into());
        } else if faults.is_empty() {
            // Without a failure the script has no reason to go otherwise.
            wrong.extend(life.difference);
        } else {
            self.injected += 1;
            self.failed.extend(faults.iter().map(|fault| fault.site));
            self.different += u32::from(life.difference.is_some());
        }
        if !wrong.is_empty() {
            let (scenario, faults) = (self.scenario.clone(), faults.to_vec());
            self.findings.push(Finding { scenario, faults, wrong });
        }
        Ok(())
    }
}

/// What no failure of a call excuses, in words.
#[must_use]
pub fn wrong_in(life: &Life) -> Vec<String> {
    super::wrong_in(life).iter().map(ToString::to_string).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<46} {:>6} {:>7} {:>7} {:>9}", "scenario", "sites", "failed", "lives", "findings")?;
        for row in &self.rows {
            let (sites, failed) = (row.seen.len(), row.failed.len());
            let (injected, findings) = (row.injected, row.findings.len());
            writeln!(f, "{:<46} {sites:>6} {failed:>7} {injected:>7} {findings:>9}", row.scenario)?;
        }
        let (sites, failed) = (self.seen().len(), self.failed().len());
        let injected: u32 = self.rows.iter().map(|row| row.injected).sum();
        let findings = self.findings().count();
        writeln!(f, "{:<46} {sites:>6} {failed:>7} {injected:>7} {findings:>9}", "all")?;
        for finding in self.findings() {
            write!(f, "\n{finding}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--scenario {}", self.scenario)?;
        for fault in &self.faults {
            write!(f, " --fault {fault} ({})", fault.status)?;
        }
        writeln!(f)?;
        self.wrong.iter().try_for_each(|wrong| writeln!(f, "  {wrong}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Bounds, plan};
    use crate::kernel::fault::FaultSite;

    #[test]
    fn the_first_and_the_last_calls_fail() {
        let of = |count| Bounds { first: 2, ..Bounds::default() }.occurrences(count).collect::<Vec<_>>();
        assert!(of(0).is_empty());
        assert_eq!(of(2), [1, 2]);
        assert_eq!(of(3), [1, 2, 3]);
        assert_eq!(of(9), [1, 2, 9]);
    }

    #[test]
    fn each_documented_status_has_its_life() {
        let site = FaultSite { routine: "IoCreateDevice", offset: 1 };
        let plan = plan(&BTreeMap::from([(site, 2)]), Bounds::default());
        let statuses =
            crate::kernel::exports::find_by_name("IoCreateDevice").map_or(0, |it| it.failures.len());
        assert!(statuses > 0);
        assert_eq!(plan.len(), 2 * statuses);
    }
}
