//! The command `ntsim`.

mod bench;
mod faults;
mod run;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Exit status for what could not be done at all: an unreadable file, an unknown name.
const CANNOT: u8 = 2;

#[derive(Debug, Parser)]
#[command(name = "ntsim", version, about = "Runs a WDM driver's .sys in a simulated NT kernel")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a driver's life and judge it.
    Run(run::Arguments),
    /// Make every call that may fail do so, one in a life.
    Faults(faults::Arguments),
    /// Time lives of a driver.
    Bench(bench::Arguments),
    /// List the device models.
    Devices,
    /// List the scenarios.
    Scenarios,
}

/// Runs the command.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Run(arguments) => run::command(&arguments),
        Command::Faults(arguments) => faults::command(&arguments),
        Command::Bench(arguments) => bench::command(&arguments),
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
    for (name, about) in rows {
        println!("{}", format!("{name:<28} {about}").trim_end());
    }
}

/// A file that was named on the command line.
fn read(path: &PathBuf) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
