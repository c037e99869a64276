//! `cargo xtask check`: formatting, lints, documentation, the arm64 build, and this project's own rules
//! about its text.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::{
    driver,
    paths::Paths,
    setup::{self, Environment, TARGETS},
    tool, unsafety,
};

/// Packages that are built for the driver's target only.
pub const DRIVER_PACKAGES: [&str; 2] = ["usbclient", "specimens"];

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

/// `cargo xtask check`.
///
/// # Errors
///
/// Something is not as it should be, or could not be checked.
pub fn command(paths: &Paths, arguments: &Arguments) -> Result<ExitCode> {
    if arguments.only != Some(Half::Driver) {
        check_text(paths)?;
        check_host(paths)?;
        deny(paths)?;
    }
    if arguments.only != Some(Half::Host) {
        check_driver(paths, &setup::prepare(paths)?)?;
    }
    println!("checked: nothing to complain about");
    Ok(ExitCode::SUCCESS)
}

fn check_text(paths: &Paths) -> Result<()> {
    step("Cargo.lock is current");
    let mut metadata = tool::cargo();
    tool::output(metadata.current_dir(&paths.root).args(["metadata", "--locked", "--format-version", "1"]))?;
    step("formatting");
    tool::run(tool::cargo().current_dir(&paths.root).args(["fmt", "--all", "--check"]))?;
    step("modules with unsafe code say why");
    let breaches = unsafety::unargued(&paths.root)?;
    if !breaches.is_empty() {
        bail!("{}", breaches.join("\n"));
    }
    Ok(())
}

fn check_host(paths: &Paths) -> Result<()> {
    step("lints, host");
    tool::run(host(paths, "clippy").args(["--all-targets", "--", "-Dwarnings"]))?;
    step("documentation, host");
    tool::run(host(paths, "doc").arg("--no-deps").env("RUSTDOCFLAGS", "-Dwarnings"))
}

fn check_driver(paths: &Paths, environment: &Environment) -> Result<()> {
    step("lints, driver");
    tool::run(driver_command(paths, environment, "clippy", driver::X64).args(["--", "-Dwarnings"]))?;
    step("documentation, driver");
    tool::run(
        driver_command(paths, environment, "doc", driver::X64)
            .arg("--no-deps")
            .env("RUSTDOCFLAGS", "-Dwarnings"),
    )?;
    step("the driver compiles for arm64");
    tool::run(&mut driver_command(paths, environment, "check", TARGETS[1]))?;
    step("lints, specimens");
    let mut specimens = driver::cargo(paths, environment, "clippy", driver::X64);
    specimens.args(["--release", "--package", "specimens", "--lib", "--examples", "--", "-Dwarnings"]);
    tool::run(&mut specimens)
}

/// Licences, bans and advisories, where cargo-deny is installed.
fn deny(paths: &Paths) -> Result<()> {
    if !tool::exists("cargo-deny") {
        println!("cargo-deny is not installed: licences and advisories are not checked");
        return Ok(());
    }
    step("licences, bans, advisories");
    tool::run(tool::cargo().current_dir(&paths.root).args(["deny", "check"]))
}

/// A cargo command for everything that is built for the host.
pub fn host(paths: &Paths, subcommand: &str) -> Command {
    let mut command = tool::cargo();
    command.current_dir(&paths.root).args([subcommand, "--workspace"]);
    for package in DRIVER_PACKAGES {
        command.args(["--exclude", package]);
    }
    command
}

/// A cargo command for the driver package, in the profile that it ships in.
fn driver_command(paths: &Paths, environment: &Environment, subcommand: &str, target: &str) -> Command {
    let mut command = driver::cargo(paths, environment, subcommand, target);
    command.args(["--release", "--package", "usbclient", "--features", "usbdex-imports"]);
    command
}

/// Says what is being checked.
pub fn step(what: &str) {
    println!("--- {what}");
}
