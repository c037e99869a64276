//! `ntsim replay DRIVER.sys FINDING.json`: one life again, in full.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use nt_trace::view::{self, Detail};

use crate::{
    machine::{Machine, Options},
    verify::{
        Explained, Saved, Symbols, explain, life_page,
        work::{name_of, sha256},
    },
};

/// What to live again.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The driver's image.
    driver: PathBuf,
    /// What `ntsim verify` saved.
    finding: PathBuf,
    /// The driver's .pdb, for names in call stacks; without it, the one beside the image.
    #[arg(long, value_name = "FILE")]
    pdb: Option<PathBuf>,
    /// Leave out the timeline.
    #[arg(long)]
    quiet: bool,
    /// Print every event.
    #[arg(long, conflicts_with = "quiet")]
    everything: bool,
    /// Write the trace as JSON lines.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the life: a page for a browser.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub(super) fn command(arguments: &Arguments) -> Result<ExitCode, String> {
    let saved = Saved::read(&arguments.finding)?;
    let same_image = sha256(&arguments.driver)? == saved.sha256;
    let symbols = Symbols::of(&arguments.driver, arguments.pdb.as_deref())?;
    let mut machine =
        Machine::load(&arguments.driver, Options::default()).map_err(|error| error.to_string())?;
    let explained = Explained::new(&saved.finding, &mut machine).map_err(|stop| stop.to_string())?;
    if let Some(path) = &arguments.json {
        super::write_trace(super::create(path)?, &explained.life.events)?;
    }
    if let Some(path) = &arguments.html {
        let (driver, scenario) = (name_of(&arguments.driver), &saved.finding.recipe.scenario.name);
        super::write_page(path, &life_page(&driver, scenario, &explained.life, &symbols))?;
    }
    print(arguments, &explained, &symbols, same_image).map_err(|error| format!("cannot print: {error}"))?;
    Ok(super::status(explained.repeated))
}

fn print(
    arguments: &Arguments,
    explained: &Explained,
    symbols: &Symbols,
    same_image: bool,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let life = &explained.life;
    if !arguments.quiet {
        let detail = if arguments.everything { Detail::Everything } else { Detail::default() };
        writeln!(out, "{}", view::timeline(&life.events, &life.violations, detail))?;
    }
    let command = explain::command(&arguments.driver, &arguments.finding);
    for wrong in explained.leading() {
        writeln!(out, "{}", explained.text(wrong, symbols, &command))?;
    }
    if let Some(difference) = &life.difference {
        writeln!(out, "The script went otherwise: {difference}\n")?;
    }
    writeln!(out, "{}", life.summary())?;
    if !same_image {
        writeln!(out, "The image is another one than the one that it was found in.")?;
    }
    let verdict = if explained.repeated { "The same came again." } else { "The same did NOT come again." };
    writeln!(out, "{verdict}")
}
