//! The command `ntsim`.

mod bench;
mod cost;
mod findings;
mod merge;
mod replay;
mod run;
mod verify;
mod worker;

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use nt_trace::{Event, view};

use crate::{inf::Installation, machine};

/// Exit status for what could not be done at all: an unreadable file, an unknown name.
const CANNOT: u8 = 2;

#[derive(Debug, Parser)]
#[command(name = "ntsim", version, about = "Runs a WDM driver's .sys in a simulated NT kernel")]
struct Arguments {
    /// The INF file that installs the driver: its service's name, what the registry holds, and what devices it is for.
    #[arg(long, value_name = "FILE", global = true)]
    inf: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a driver's life and judge it.
    Run(run::Arguments),
    /// Try a driver with everything there is, and print a table.
    Verify(verify::Arguments),
    /// Live a life again in which something was wrong.
    Replay(replay::Arguments),
    /// Make one table of what several runs of `verify --json` wrote.
    Merge(merge::Arguments),
    /// Do pieces of work that come on standard input.
    #[command(hide = true)]
    Worker(worker::Arguments),
    /// Time lives of a driver.
    Bench(bench::Arguments),
    /// Count what a transfer costs a driver.
    Cost(cost::Arguments),
    /// List the device models.
    Devices,
    /// List the scenarios.
    Scenarios,
}

/// Reads the INF file that installs the driver.
fn install(path: &Path) -> Result<(), String> {
    let file = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let installation = Installation::of(&file).map_err(|error| format!("{}: {error}", path.display()))?;
    for line in &installation.skipped {
        eprintln!("ntsim: {}: not the registry of the device or its service: {line}", path.display());
    }
    machine::install(installation);
    Ok(())
}

/// Runs the command.
#[must_use]
pub fn main() -> ExitCode {
    let Arguments { inf, command } = Arguments::parse();
    if let Err(message) = inf.as_deref().map_or(Ok(()), install) {
        eprintln!("ntsim: {message}");
        return ExitCode::from(CANNOT);
    }
    let result = match command {
        Command::Run(arguments) => run::command(&arguments),
        Command::Verify(arguments) => verify::command(&arguments, inf),
        Command::Replay(arguments) => replay::command(&arguments),
        Command::Merge(arguments) => merge::command(&arguments),
        Command::Worker(arguments) => worker::command(&arguments),
        Command::Bench(arguments) => bench::command(&arguments),
        Command::Cost(arguments) => cost::command(&arguments),
        Command::Devices => {
            list(usb_models::registry::names().map(|(name, about)| (name.to_owned(), about.to_owned())));
            Ok(ExitCode::SUCCESS)
        }
        Command::Scenarios => {
            list(crate::scenario::library::names().into_iter());
            Ok(ExitCode::SUCCESS)
        }
    };
    result.unwrap_or_else(|message| {
        eprintln!("ntsim: {message}");
        ExitCode::from(CANNOT)
    })
}

fn list(rows: impl Iterator<Item = (String, String)>) {
    let mut out = io::stdout().lock();
    for (name, about) in rows {
        // Whoever reads has read enough.
        if writeln!(out, "{}", format!("{name:<28} {about}").trim_end()).is_err() {
            return;
        }
    }
}

/// A file that was named on the command line.
fn read(path: &PathBuf) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A file to write to.
fn create(path: &PathBuf) -> Result<BufWriter<File>, String> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    File::create(path).map(BufWriter::new).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a trace as JSON lines into a file that [`create`] has made.
fn write_trace(mut file: BufWriter<File>, events: &[Event]) -> Result<(), String> {
    view::write_json_lines(&mut file, events)
        .and_then(|()| file.flush())
        .map_err(|error| format!("cannot write the trace: {error}"))
}

/// Writes a page.
fn write_page(path: &PathBuf, page: &view::html::Page) -> Result<(), String> {
    let html = page.html()?;
    create(path)?.write_all(html.as_bytes()).map_err(|error| format!("{}: {error}", path.display()))
}

/// The name, if a device model has it.
fn known_device(model: &str) -> Result<&str, String> {
    let names: Vec<_> = usb_models::registry::names().map(|(name, _)| name).collect();
    if names.contains(&model) {
        return Ok(model);
    }
    Err(format!("there is no device model {model}; there are {}", names.join(", ")))
}

const fn status(fine: bool) -> ExitCode {
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
