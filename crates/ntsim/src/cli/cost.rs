//! `ntsim cost DRIVER.sys`: what a transfer costs the driver.

use std::{path::PathBuf, process::ExitCode};

use serde::Serialize;

use crate::cost::{Cost, Point, growth, measure};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The driver's image.
    driver: PathBuf,
    /// Another driver to compare with, measured in the same run.
    #[arg(long, value_name = "DRIVER")]
    beside: Option<PathBuf>,
    /// Measure too how the cost grows with devices, open files and requests in flight.
    #[arg(long)]
    growth: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    transfers: Vec<Cost>,
    beside: Vec<Cost>,
    growth: Vec<Point>,
}

pub(super) fn command(arguments: &Arguments) -> Result<ExitCode, String> {
    let transfers = measure(&arguments.driver)?;
    let beside = arguments.beside.as_deref().map(measure).transpose()?.unwrap_or_default();
    let growth = if arguments.growth { growth(&arguments.driver)? } else { Vec::new() };
    let report = Report { transfers, beside, growth };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?);
    } else {
        print(&report);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(report: &Report) {
    println!("per transfer, in steady state:");
    println!(
        "{:<24} {:>9} {:>6} {:>6} {:>7} {:>13} {:>13} {:>6}",
        "", "bytes", "calls", "alloc", "copied", "instructions", "pass-through", "ratio"
    );
    for cost in &report.transfers {
        let Cost { what, bytes, calls, allocations, copied, instructions, .. } = cost;
        let other = report.beside.iter().find(|other| other.what == *what && other.bytes == *bytes);
        let (other, ratio) = other.map_or((String::new(), String::new()), |other| {
            // CAST: small numbers.
            let ratio = *instructions as f64 / other.instructions.max(1) as f64;
            (other.instructions.to_string(), format!("{ratio:.2}"))
        });
        println!(
            "{what:<24} {bytes:>9} {calls:>6} {allocations:>6} {copied:>7} {instructions:>13} {other:>13} {ratio:>6}"
        );
    }
    if !report.growth.is_empty() {
        println!("\nbulk out of 4096 bytes, while there are others:");
    }
    for Point { many, count, instructions, calls } in &report.growth {
        let bar = "#".repeat(usize::try_from(instructions / 20).unwrap_or(0).min(80));
        println!("{count:>6} {many:<20} {calls:>3} calls {instructions:>7} instructions  {bar}");
    }
}
