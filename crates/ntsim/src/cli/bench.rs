//! `ntsim bench DRIVER.sys`: how long a life takes, and with what.

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use nt_trace::{Event, RuleSet};

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
    let gate = machine.kernel().mem.gate().name();
    machine.kernel_mut().mem.start_clock();
    let mut lives = Vec::new();
    for _ in 0..arguments.lives.max(1) {
        let start = Instant::now();
        machine.next_life(Choices::InTurn).map_err(|stop| stop.to_string())?;
        life::play(&mut machine, &scenario);
        let all = start.elapsed();
        lives.push((all, machine.kernel_mut().mem.take_clock()));
    }
    let mut rules: Vec<Duration> = (0..arguments.lives.max(1)).map(|_| judge(&warm.events)).collect();
    lives.sort_unstable();
    rules.sort_unstable();
    println!("{} lives of {}, in milliseconds:", lives.len(), scenario.name);
    println!("           best   median");
    let (best, median) = (0, lives.len() / 2);
    let of = |index: usize| {
        let (all, memory) = lives.get(index).copied().unwrap_or_default();
        (all, memory, rules.get(index).copied().unwrap_or_default())
    };
    let line = |what: &str, part: fn((Duration, Duration, Duration)) -> Duration, about: String| {
        println!("  {what} {} {}{about}", milliseconds(part(of(best))), milliseconds(part(of(median))));
    };
    line("life  ", |(all, ..)| all, String::new());
    line("memory", |(_, memory, _)| memory, format!("   {allocations} guarded allocations, by {gate}"));
    line("rules ", |(.., rules)| rules, format!("   {} events", warm.events.len()));
    let rest = |(all, memory, rules): (Duration, _, _)| all.saturating_sub(memory).saturating_sub(rules);
    line("rest  ", rest, format!("   {} kernel calls", warm.calls));
    Ok(ExitCode::SUCCESS)
}

/// How long all rules need for a life.
fn judge(events: &[Event]) -> Duration {
    let start = Instant::now();
    std::hint::black_box(RuleSet::judge(events));
    start.elapsed()
}

fn milliseconds(time: Duration) -> String {
    format!("{:8.3}", time.as_secs_f64() * 1_000.0)
}
