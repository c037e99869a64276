//! `cargo xtask check`: formatting, lints, documentation, the arm64 build, and this project's own rules
//! about its text.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::{
    driver, failure,
    paths::Paths,
    setup::{self, Environment, TARGETS},
    tool, unsafety, wine,
};

/// Packages that are built for the driver's target only.
const DRIVER_PACKAGES: [&str; 5] = ["usbclient", "specimens", "wine-bus", "wine-shim", "wine-usbdex"];

/// `cargo xtask check`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Check one half only.
    #[arg(long, value_enum)]
    only: Option<Half>,
}

/// What is built for the host, or for the driver's targets.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Half {
    /// Text, host lints and documentation, licences.
    Host,
    /// Driver lints and documentation, the arm64 build.
    Driver,
}

/// `cargo xtask check`: takes every step, then says which failed.
///
/// # Errors
///
/// Something is not as it should be, or could not be checked.
pub fn command(paths: &Paths, arguments: &Arguments) -> Result<ExitCode> {
    let mut steps = Steps::default();
    if arguments.only != Some(Half::Driver) {
        check_text(paths, &mut steps)?;
        check_host(paths, &mut steps)?;
    }
    if arguments.only != Some(Half::Host) {
        check_driver(paths, &setup::prepare(paths)?, &mut steps)?;
    }
    steps.end()
}

fn check_text(paths: &Paths, steps: &mut Steps) -> Result<()> {
    steps.take("Cargo.lock is current", || {
        let mut metadata = tool::cargo();
        metadata.current_dir(&paths.root).args(["metadata", "--locked", "--format-version", "1"]);
        tool::output(&mut metadata).map(|_| ())
    })?;
    steps.take("formatting", || {
        tool::run(tool::cargo().current_dir(&paths.root).args(["fmt", "--all", "--check"]))
    })?;
    steps.take("modules with unsafe code say why", || {
        let breaches = unsafety::unargued(&paths.root)?;
        if breaches.is_empty() { Ok(()) } else { bail!("{}", breaches.join("\n")) }
    })
}

fn check_host(paths: &Paths, steps: &mut Steps) -> Result<()> {
    steps.take("lints, host", || {
        tool::run(host(paths, &["clippy"]).args(["--all-targets", "--", "-Dwarnings"]))
    })?;
    steps.take("documentation, host", || {
        tool::run(host(paths, &["doc"]).arg("--no-deps").env("RUSTDOCFLAGS", "-Dwarnings"))
    })?;
    if !tool::exists("cargo-deny") {
        println!("cargo-deny is not installed: licences, bans and advisories are not checked");
        return Ok(());
    }
    steps.take("licences, bans, advisories", || {
        tool::run(tool::cargo().current_dir(&paths.root).args(["deny", "check"]))
    })
}

fn check_driver(paths: &Paths, environment: &Environment, steps: &mut Steps) -> Result<()> {
    steps.take("lints, driver", || {
        tool::run(driver_command(paths, environment, "clippy", driver::X64).args(["--", "-Dwarnings"]))
    })?;
    steps.take("documentation, driver", || {
        let mut command = driver_command(paths, environment, "doc", driver::X64);
        tool::run(command.args(["--no-deps", "--document-private-items"]).env("RUSTDOCFLAGS", "-Dwarnings"))
    })?;
    steps.take("the driver compiles for arm64", || {
        tool::run(&mut driver_command(paths, environment, "check", TARGETS[1]))
    })?;
    steps.take("lints, specimens", || {
        let mut command = driver::cargo(paths, environment, "clippy", driver::X64);
        command.args([
            "--release",
            "--package",
            "specimens",
            "--lib",
            "--examples",
            "--keep-going",
            "--",
            "-Dwarnings",
        ]);
        tool::run(&mut command)
    })?;
    steps.take("lints, what the driver needs under Wine", || {
        let mut command = driver::cargo(paths, environment, "clippy", driver::X64);
        command.args(["--release", "--package", "wine-bus", "--package", "wine-shim"]);
        command.args(["--package", "wine-usbdex", "--keep-going", "--", "-Dwarnings"]);
        tool::run(&mut command)
    })?;
    steps.take("lints, programs for Windows", || {
        let library = setup::find_library(paths, &[setup::PROGRAMS])?;
        tool::run(wine::cargo(paths, &library, "clippy").args(["--", "-Dwarnings"]))
    })
}

/// A cargo command for everything that is built for the host.
pub fn host(paths: &Paths, subcommand: &[&str]) -> Command {
    let mut command = tool::cargo();
    command.current_dir(&paths.root).args(subcommand).arg("--workspace");
    command.args(DRIVER_PACKAGES.iter().flat_map(|package| ["--exclude", package]));
    command
}

/// A cargo command for the driver package, in the profile that it ships in.
fn driver_command(paths: &Paths, environment: &Environment, subcommand: &str, target: &str) -> Command {
    let mut command = driver::cargo(paths, environment, subcommand, target);
    command.args(["--release", "--package", "usbclient", "--features", "usbdex-imports"]);
    command
}

/// Says what is being done.
pub fn step(what: &str) {
    println!("--- {what}");
}

/// Steps that are all taken, whichever fails.
#[derive(Default)]
struct Steps {
    failed: Vec<&'static str>,
}

impl Steps {
    /// Takes a step. A failure is remembered; an error here means that the step could not be taken at all.
    fn take(&mut self, what: &'static str, action: impl FnOnce() -> Result<()>) -> Result<()> {
        step(what);
        if let Err(error) = action() {
            if failure::is_cannot_run(&error) {
                return Err(error);
            }
            println!("{error:#}");
            self.failed.push(what);
        }
        Ok(())
    }

    fn end(self) -> Result<ExitCode> {
        if !self.failed.is_empty() {
            bail!("failed: {}", self.failed.join("; "));
        }
        println!("checked: nothing to complain about");
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_taken_and_the_failed_ones_are_named() {
        let mut steps = Steps::default();
        let mut taken = 0;
        for (what, good) in [("one", false), ("two", true), ("three", false)] {
            steps
                .take(what, || {
                    taken += 1;
                    if good { Ok(()) } else { bail!("wrong") }
                })
                .expect("the step can be taken");
        }
        assert_eq!(taken, 3);
        assert_eq!(steps.end().expect_err("two failed").to_string(), "failed: one; three");
    }

    #[test]
    fn a_step_that_cannot_be_taken_ends_it() {
        let mut steps = Steps::default();
        assert!(steps.take("one", || Err(failure::cannot_run("no cargo"))).is_err());
    }
}
