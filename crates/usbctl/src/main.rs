//! A command for devices of usbclient: `docs/usbctl.md`.

mod cli;
mod commands;
mod descriptors;
mod failure;
mod interrupt;
mod names;
mod output;
mod session;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod simulation;
mod speed;
mod trace;

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;

use crate::{
    cli::{Cli, Color, Command},
    failure::Failure,
    output::style,
    session::Session,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.global.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has enough.
        Err(failure) if failure.is_broken_pipe => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&failure, cli.global.json);
            failure.exit.into()
        }
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    if let Command::Completions { shell } = cli.command {
        return commands::completions(shell);
    }
    interrupt::install()?;
    let session = Session::start(&cli.global)?;
    let result = commands::run(&session, &cli.command);
    let verdict = session.finish();
    match (result, verdict) {
        (Err(failure), Err(verdict)) => {
            tell(&failure, cli.global.json);
            Err(verdict)
        }
        (result, verdict) => result.and(verdict),
    }
}

/// Says on stderr what went wrong. Nobody is there to be told when it is closed.
fn tell(failure: &Failure, is_json: bool) {
    let mut stderr = anstream::stderr().lock();
    if is_json {
        let _ = writeln!(stderr, "{}", failure.json());
    } else {
        let _ = writeln!(stderr, "{} {failure}", style::paint(style::WRONG, "usbctl:"));
    }
}
