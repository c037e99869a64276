//! Builds, runs, tests, checks and audits usbclient: `cargo xtask COMMAND`.
//!
//! Exit status 0 when the command succeeded, 1 when what it did failed, 2 when it could not be done:
//! a missing tool, an unreadable path, a wrong argument.

mod abi;
mod audit;
mod check;
mod driver;
mod failure;
mod foreign;
mod paths;
mod pe_checksum;
mod setup;
mod simulate;
mod test;
mod tool;
mod unsafety;
mod verify;
mod wine;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::paths::Paths;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs, tests, checks and audits usbclient")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install and make what the driver build needs; every other command does this by itself.
    Setup,
    /// Build usbclient.sys, or the specimen drivers.
    Build(driver::Arguments),
    /// Play the driver's life in the simulated kernel.
    Run(simulate::RunArguments),
    /// Try the driver with every campaign in the simulated kernel, and the rules with every specimen.
    Verify(verify::Arguments),
    /// Count what transfers cost the driver, and time its lives in the simulated kernel.
    Bench(simulate::BenchArguments),
    /// Play scenarios with the driver under Wine, and compare with the simulated kernel.
    Wine(wine::Arguments),
    /// Run every test.
    Test,
    /// Inspect the built driver.
    Audit(audit::Arguments),
    /// Check formatting, lints, documentation, the arm64 build and licences.
    Check(check::Arguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let paths = Paths::find()?;
    match arguments.command {
        Command::Setup => {
            setup::prepare(&paths)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Build(arguments) => driver::command(&paths, &arguments),
        Command::Run(arguments) => simulate::run(&paths, &arguments),
        Command::Verify(arguments) => verify::command(&paths, &arguments),
        Command::Bench(arguments) => simulate::bench(&paths, &arguments),
        Command::Wine(arguments) => wine::command(&paths, &arguments),
        Command::Test => test::command(&paths),
        Command::Audit(arguments) => audit::command(&paths, &arguments),
        Command::Check(arguments) => check::command(&paths, &arguments),
    }
}
