//! `ntsim run DRIVER.sys`

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use nt_trace::view::{self, Detail};

use super::read;
use crate::{
    life::{self, Life},
    machine::{Choices, Machine, Options},
    mem::Mode,
    scenario::{Scenario, Step, library},
};

/// What to run, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The driver's image.
    driver: PathBuf,
    /// What to play: one of `ntsim scenarios`.
    #[arg(long, default_value = "whole_life")]
    scenario: String,
    /// A script of your own, as JSON, instead of a scenario.
    #[arg(long, value_name = "FILE", conflicts_with = "scenario")]
    script: Option<PathBuf>,
    /// Switch threads at random points, from this seed.
    #[arg(long)]
    seed: Option<u64>,
    /// Put this device model behind the driver: one of `ntsim devices`.
    #[arg(long, value_name = "MODEL")]
    device: Option<String>,
    /// Write the trace as JSON lines.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Print the summary only.
    #[arg(long)]
    quiet: bool,
    /// Print every event.
    #[arg(long, conflicts_with = "quiet")]
    everything: bool,
    /// Place objects close together between canaries instead of at guard pages.
    #[arg(long)]
    packed: bool,
}

pub(super) fn command(arguments: &Arguments) -> Result<ExitCode, String> {
    let scenario = scenario(arguments)?;
    let options = Options {
        memory: if arguments.packed { Mode::Packed } else { Mode::Guarded },
        choices: arguments.seed.map_or(Choices::InTurn, Choices::Seed),
        ..Options::default()
    };
    let mut json = arguments.json.as_ref().map(create).transpose()?;
    let mut machine = Machine::load(&arguments.driver, options).map_err(|error| error.to_string())?;
    let life = life::play(&mut machine, &scenario);
    if let Some(file) = &mut json {
        view::write_json_lines(&mut *file, &life.events)
            .and_then(|()| file.flush())
            .map_err(|error| format!("cannot write the trace: {error}"))?;
    }
    print(arguments, &life).map_err(|error| format!("cannot print: {error}"))?;
    Ok(if life.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn create(path: &PathBuf) -> Result<BufWriter<File>, String> {
    File::create(path).map(BufWriter::new).map_err(|error| format!("{}: {error}", path.display()))
}

fn scenario(arguments: &Arguments) -> Result<Scenario, String> {
    let mut scenario = match &arguments.script {
        Some(path) => {
            serde_json::from_str(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?
        }
        None => library::by_name(&arguments.scenario).ok_or_else(|| {
            format!("there is no scenario {}; `ntsim scenarios` lists them", arguments.scenario)
        })?,
    };
    if let Some(model) = &arguments.device {
        if usb_models::registry::names().all(|(name, _)| name != model) {
            let names: Vec<_> = usb_models::registry::names().map(|(name, _)| name).collect();
            return Err(format!("there is no device model {model}; there are {}", names.join(", ")));
        }
        for step in &mut scenario.steps {
            if let Step::Plug(plug) = step {
                plug.model.clone_from(model);
            }
        }
    }
    Ok(scenario)
}

fn print(arguments: &Arguments, life: &Life) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if !arguments.quiet {
        let detail = if arguments.everything { Detail::Everything } else { Detail::default() };
        out.write_all(view::timeline(&life.events, &life.violations, detail).as_bytes())?;
        writeln!(out)?;
    }
    for violation in &life.violations {
        writeln!(out, "{}", view::explain(violation, &life.events))?;
    }
    if let Some(reason) = &life.cut_short {
        writeln!(out, "The life was cut short: {reason}\n")?;
    }
    writeln!(out, "{}", life.summary())
}
