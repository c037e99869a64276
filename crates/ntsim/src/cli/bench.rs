//! `ntsim bench DRIVER.sys`: how long a life takes, and with what.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use nt_trace::RuleSet;

use crate::{
    life,
    machine::{Choices, Machine, Options},
    scenario::library,
};

/// What to time.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The driver's image.
    driver: PathBuf,
    /// What to play.
    #[arg(long, default_value = "short_life")]
    scenario: String,
    /// How many lives to time, after one to warm up.
    #[arg(long, default_value_t = 500)]
    lives: u32,
}

pub(super) fn command(arguments: &Arguments) -> Result<ExitCode, String> {
    let scenario = library::by_name(&arguments.scenario).ok_or_else(|| {
        format!("there is no scenario {}; `ntsim scenarios` lists them", arguments.scenario)
    })?;
    let mut machine =
        Machine::load(&arguments.driver, Options::default()).map_err(|error| error.to_string())?;
    let warm = life::play(&mut machine, &scenario);
    if !warm.is_clean() {
        return Err(format!("the life is not clean; see `ntsim run --scenario {}`", arguments.scenario));
    }
    let allocations = machine.kernel().mem.allocations();
    machine.kernel_mut().mem.start_clock();
    let start = Instant::now();
    let mut memory = 0.0;
    for _ in 0..arguments.lives {
        machine.next_life(Choices::InTurn).map_err(|stop| stop.to_string())?;
        life::play(&mut machine, &scenario);
        memory += machine.kernel_mut().mem.take_clock().as_secs_f64();
    }
    let all = start.elapsed().as_secs_f64();
    let start = Instant::now();
    for _ in 0..arguments.lives {
        std::hint::black_box(RuleSet::judge(&warm.events));
    }
    let rules = start.elapsed().as_secs_f64();
    let each = |seconds: f64| seconds * 1_000.0 / f64::from(arguments.lives);
    println!("{} lives of {}: {} each", arguments.lives, scenario.name, milliseconds(each(all)));
    println!("  memory {}, for {allocations} guarded allocations", milliseconds(each(memory)));
    println!("  rules  {}, for {} events", milliseconds(each(rules)), warm.events.len());
    println!("  rest   {}, for {} kernel calls", milliseconds(each(all - memory - rules)), warm.calls);
    Ok(ExitCode::SUCCESS)
}

fn milliseconds(value: f64) -> String {
    format!("{value:.3} ms")
}
