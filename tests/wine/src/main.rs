//! Plays scenarios with the shipped driver under Wine and compares with the simulated kernel.
//!
//! `cargo xtask wine` builds what is needed and starts this.

mod agent;
mod chapters;
mod compare;
mod explained;
mod line;
mod order;
mod package;
mod prefix;
mod programs;
#[path = "../bus/src/protocol.rs"]
#[allow(dead_code, reason = "the bus driver uses the other half")]
mod protocol;
mod report;
mod run;
mod scenarios;
mod session;
mod stage;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use anyhow::{Context, Result, bail};
use clap::Parser;
use ntsim::{
    machine::{Machine, Options},
    scenario::Scenario,
};

use explained::Explained;
use package::{Package, Sources};
use prefix::Template;
use report::Report;
use run::Kernels;
use scenarios::Play;

#[derive(Parser)]
#[command(name = "wine-runner", about = "Plays scenarios with usbclient.sys under Wine")]
struct Arguments {
    /// usbclient.sys
    #[arg(long)]
    driver: PathBuf,
    /// usbclient.inx
    #[arg(long)]
    inf: PathBuf,
    /// The folder with usbbus.sys, usbdex.sys and ntoskrnx.exe.
    #[arg(long)]
    kernel: PathBuf,
    /// The folder with wine-agent.exe, usbctl.exe and bcryptprimitives.dll.
    #[arg(long)]
    programs: PathBuf,
    /// Where to work.
    #[arg(long)]
    folder: PathBuf,
    /// Only the scenarios whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Play this script instead: a scenario of the simulator's, as JSON.
    #[arg(long, value_name = "FILE", conflicts_with = "only")]
    script: Option<PathBuf>,
    /// Print what the driver did.
    #[arg(long)]
    verbose: bool,
}

fn main() -> ExitCode {
    match play(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("wine-runner: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn play(arguments: &Arguments) -> Result<bool> {
    let begun = Instant::now();
    std::fs::create_dir_all(&arguments.folder)?;
    // Wine wants the whole path of a prefix.
    let folder = arguments.folder.canonicalize()?;
    let sources = Sources {
        driver: arguments.driver.clone(),
        inf: arguments.inf.clone(),
        kernel: arguments.kernel.clone(),
        programs: arguments.programs.clone(),
    };
    let package = Package::make(&sources, &folder.join("package"))?;
    let mut report = Report::begin(&prefix::version()?, &package.adapted);
    let template = Template::make(&folder.join("template"))?;
    let machine = Machine::load(&arguments.driver, Options::default())?;
    let mut kernels = Kernels { template, package, folder, machine, explained: Explained::read()? };
    for play in wanted(arguments)? {
        let outcome = kernels.play(&play);
        report.tell(&play.scenario, &outcome, arguments.verbose);
    }
    if arguments.only.is_none() && arguments.script.is_none() {
        report.unused(kernels.explained.unused());
    }
    Ok(report.end(begun.elapsed()))
}

/// What is to be played.
fn wanted(arguments: &Arguments) -> Result<Vec<Play>> {
    if let Some(file) = &arguments.script {
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let scenario: Scenario =
            serde_json::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
        return Ok(vec![scenario.into()]);
    }
    let mut all = scenarios::all();
    all.retain(|play| arguments.only.as_ref().is_none_or(|only| play.scenario.name.contains(only.as_str())));
    if all.is_empty() {
        bail!("no scenario has this in its name; docs/wine.md lists them");
    }
    Ok(all)
}
