//! `ntsim faults DRIVER.sys`: every call that may fail does, one in a life.

use std::{path::PathBuf, process::ExitCode};

use nt_trace::view::{self, Detail};

use crate::{
    campaign::faults::{self, Bounds},
    kernel::fault::Fault,
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
    /// Play the scenario with this failure only, and show its life.
    #[arg(long, value_name = "FAULT", requires = "scenario")]
    fault: Option<Fault>,
}

pub(super) fn command(arguments: &Arguments) -> Result<ExitCode, String> {
    let scenarios = scenarios(&arguments.scenario)?;
    let mut machine =
        Machine::load(&arguments.driver, Options::default()).map_err(|error| error.to_string())?;
    if let Some(fault) = arguments.fault {
        return show(&mut machine, &scenarios, fault);
    }
    let bounds = Bounds { first: arguments.first, last: arguments.last };
    let report = faults::campaign(&mut machine, &scenarios, bounds).map_err(|stop| stop.to_string())?;
    print!("{report}");
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

fn show(machine: &mut Machine, scenarios: &[Scenario], fault: Fault) -> Result<ExitCode, String> {
    let mut fine = true;
    for scenario in scenarios {
        let life = faults::live(machine, scenario, Some(fault)).map_err(|stop| stop.to_string())?;
        println!("{}", view::timeline(&life.events, &life.violations, Detail::default()));
        for violation in &life.violations {
            println!("{}", view::explain(violation, &life.events));
        }
        if let Some(difference) = &life.difference {
            println!("The script went otherwise: {difference}\n");
        }
        let wrong = faults::wrong_in(&life);
        for what in &wrong {
            println!("Wrong: {what}");
        }
        println!("{}", life.summary());
        fine &= wrong.is_empty();
    }
    Ok(status(fine))
}

const fn status(fine: bool) -> ExitCode {
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
