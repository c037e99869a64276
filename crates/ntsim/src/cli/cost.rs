//! `ntsim cost DRIVER.sys`: what a transfer costs the driver.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use serde::Serialize;

use crate::{
    cost::{Cost, Costs, Many, Point, growth, measure},
    verify::Symbols,
};

/// Instructions that one character of a bar stands for.
const BAR: u64 = 25;
/// How many times the instructions of a driver that only passes transfers on are aimed at, at most.
const GOAL: u64 = 2;

/// What to measure.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The driver's image.
    driver: PathBuf,
    /// Another driver to compare with, measured in the same run.
    #[arg(long, value_name = "DRIVER")]
    beside: Option<PathBuf>,
    /// Measure too how the cost grows with devices, pipes, open files and requests in flight.
    #[arg(long)]
    growth: bool,
    /// Print too in which functions the instructions of each kind of transfer are.
    #[arg(long, conflicts_with = "json")]
    functions: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    costs: Costs,
    beside: Costs,
    growth: Vec<Point>,
}

pub(super) fn command(arguments: &Arguments) -> Result<ExitCode, String> {
    let costs = measure(&arguments.driver)?;
    let beside = arguments.beside.as_deref().map(measure).transpose()?.unwrap_or_default();
    let growth = if arguments.growth { growth(&arguments.driver, &Many::ALL, u32::MAX)? } else { Vec::new() };
    let report = Report { costs, beside, growth };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?);
    } else {
        print(&report);
    }
    if arguments.functions {
        print_functions(&report.costs, &Symbols::of(&arguments.driver, None)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(report: &Report) {
    println!("per transfer, in steady state:");
    println!(
        "{:<28} {:>9} {:>6} {:>6} {:>7} {:>13} {:>13} {:>6}",
        "", "bytes", "calls", "alloc", "copied", "instructions", "pass-through", "ratio"
    );
    for cost in &report.costs.transfers {
        let Cost { what, bytes, calls, allocations, copied, instructions, .. } = cost;
        let other = report.beside.of(what, *bytes);
        let (other, ratio) = other.map_or_else(Default::default, |other| {
            (other.instructions.to_string(), ratio(*instructions, other.instructions))
        });
        println!(
            "{what:<28} {bytes:>9} {calls:>6} {allocations:>6} {copied:>7} {instructions:>13} {other:>13} {ratio:>6}"
        );
    }
    for refused in &report.costs.refused {
        println!("not made: {refused}");
    }
    print_goal(report);
    if !report.growth.is_empty() {
        println!("\nbulk out of 4096 bytes, while there are others; a # is {BAR} instructions:");
    }
    for Point { many, count, instructions, calls } in &report.growth {
        let bar = "#".repeat(usize::try_from(instructions / BAR).unwrap_or(0).min(80));
        println!("{count:>6} {many:<20} {calls:>3} calls {instructions:>7} instructions  {bar}");
    }
}

/// What is aimed at beside a driver that only passes transfers on, and whether it is reached.
fn print_goal(report: &Report) {
    let Costs { transfers, .. } = &report.costs;
    let pairs = transfers.iter().filter_map(|cost| Some((cost, report.beside.of(&cost.what, cost.bytes)?)));
    let worst = pairs.max_by_key(|(cost, other)| cost.instructions * 1000 / other.instructions.max(1));
    let Some((cost, other)) = worst else { return };
    let is_reached = cost.instructions <= GOAL * other.instructions;
    println!(
        "the goal is at most {GOAL} times the pass-through driver's instructions plus the URB's own: {}; {} is the worst, in {} of {} bytes",
        if is_reached { "reached" } else { "NOT reached" },
        ratio(cost.instructions, other.instructions),
        cost.what,
        cost.bytes
    );
}

/// With two digits behind the point.
fn ratio(instructions: u64, other: u64) -> String {
    let hundredths = instructions.saturating_mul(100).checked_div(other).unwrap_or(0);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn print_functions(costs: &Costs, symbols: &Symbols) {
    let functions = symbols.functions();
    for cost in &costs.transfers {
        let mut counts = BTreeMap::<&str, u64>::new();
        for (offset, count) in &cost.places {
            let after = functions.partition_point(|function| u64::from(function.start) <= *offset);
            let function = after.checked_sub(1).and_then(|at| functions.get(at));
            let name = function.map_or("?", |function| function.name.as_str());
            *counts.entry(name).or_default() += u64::from(*count);
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        println!("\n{} of {} bytes: {} instructions", cost.what, cost.bytes, cost.instructions);
        for (name, count) in counts {
            println!("{count:>6} {name}");
        }
    }
}
