//! `ntsim faults DRIVER.sys`: every call that may fail does, one in a life.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use nt_trace::view::{self, Detail};

use crate::{
    campaign::faults::{self, Bounds},
    kernel::fault::Fault,
    life::Life,
    machine::{Machine, Options},
    scenario::{Scenario, library},
};

/// What to make fail.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The driver's image.
    driver: PathBuf,
    /// What to play: one of `ntsim scenarios`, or several. Without it, all of them.
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// How many of the first calls from a place fail.
    #[arg(long, value_name = "COUNT", default_value_t = Bounds::default().first)]
    first: u32,
    /// How many of the last calls from a place fail.
    #[arg(long, value_name = "COUNT", default_value_t = Bounds::default().last)]
    last: u32,
    /// Let a second call fail in the lives in which one has failed.
    #[arg(long)]
    pairs: bool,
    /// Play the scenario with this failure only, or with these, and show its life.
    #[arg(long, value_name = "FAULT", requires = "scenario")]
    fault: Vec<Fault>,
}

pub(super) fn command(arguments: &Arguments) -> Result<ExitCode, String> {
    let scenarios = scenarios(&arguments.scenario)?;
    let mut machine =
        Machine::load(&arguments.driver, Options::default()).map_err(|error| error.to_string())?;
    if !arguments.fault.is_empty() {
        return show(&mut machine, &scenarios, &arguments.fault);
    }
    let bounds = Bounds { first: arguments.first, last: arguments.last, pairs: arguments.pairs };
    let report = faults::campaign(&mut machine, &scenarios, bounds).map_err(|stop| stop.to_string())?;
    write!(io::stdout().lock(), "{report}").map_err(|error| cannot_print(&error))?;
    Ok(status(report.findings().next().is_none()))
}

fn scenarios(names: &[String]) -> Result<Vec<Scenario>, String> {
    if names.is_empty() {
        return Ok(library::all());
    }
    let find = |name: &String| {
        let found = library::by_name(name);
        found.ok_or_else(|| format!("there is no scenario {name}; `ntsim scenarios` lists them"))
    };
    names.iter().map(find).collect()
}

fn show(machine: &mut Machine, scenarios: &[Scenario], faults: &[Fault]) -> Result<ExitCode, String> {
    let mut fine = true;
    for scenario in scenarios {
        let life = faults::live(machine, scenario, faults).map_err(|stop| stop.to_string())?;
        let mut wrong = faults::wrong_in(&life);
        if machine.kernel().faults.happened() != faults {
            wrong.push("a call that was to fail was not made".into());
        }
        tell(&life, &wrong).map_err(|error| cannot_print(&error))?;
        fine &= wrong.is_empty();
    }
    Ok(status(fine))
}

fn tell(life: &Life, wrong: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", view::timeline(&life.events, &life.violations, Detail::default()))?;
    for violation in &life.violations {
        writeln!(out, "{}", view::explain(violation, &life.events))?;
    }
    if let Some(difference) = &life.difference {
        writeln!(out, "The script went otherwise: {difference}")?;
    }
    for what in wrong {
        writeln!(out, "Wrong: {what}")?;
    }
    writeln!(out, "\n{}", life.summary())
}

fn cannot_print(error: &io::Error) -> String {
    format!("cannot print: {error}")
}

const fn status(fine: bool) -> ExitCode {
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
