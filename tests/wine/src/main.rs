//! Plays scenarios with the shipped driver under Wine and compares with the simulated kernel.
//!
//! `cargo xtask wine` builds what is needed and starts this.

mod agent;
mod chapters;
mod line;
mod package;
mod prefix;
#[path = "../bus/src/protocol.rs"]
#[allow(dead_code, reason = "the bus driver uses the other half")]
mod protocol;
mod run;
mod scenarios;
mod session;
mod stage;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use anyhow::Result;
use clap::Parser;

use package::{Package, Sources};
use prefix::Template;

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
    let sources = Sources {
        driver: arguments.driver.clone(),
        inf: arguments.inf.clone(),
        kernel: arguments.kernel.clone(),
        programs: arguments.programs.clone(),
    };
    std::fs::create_dir_all(&arguments.folder)?;
    // Wine wants the whole path of a prefix.
    let folder = arguments.folder.canonicalize()?;
    let package = Package::make(&sources, &folder.join("package"))?;
    println!("{}; the files that ship, but for:", prefix::version()?);
    for what in &package.adapted {
        println!("  {what}");
    }
    let template = Template::make(&folder.join("template"))?;
    let wanted = |name: &str| arguments.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    let mut all_well = true;
    for scenario in scenarios::all().into_iter().filter(|scenario| wanted(&scenario.name)) {
        let outcome = run::play(&template, &package, &folder.join(&scenario.name), &scenario);
        println!(
            "{:20} {:6.1} s  {}",
            scenario.name,
            outcome.seconds,
            outcome.wrong.as_deref().unwrap_or("ok")
        );
        all_well &= outcome.wrong.is_none();
        if arguments.verbose {
            for chapter in &outcome.chapters {
                println!("    {} {:x?}: {}", chapter.what, chapter.status, chapter.calls.join(" "));
            }
        }
    }
    println!("{:.1} s", begun.elapsed().as_secs_f64());
    Ok(all_well)
}
