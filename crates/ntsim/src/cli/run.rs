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
    kernel::Session,
    life::{self, Life},
    machine::{Choices, Machine, Options},
    mem::Mode,
    scenario::{Scenario, library},
    usbip::{self, Identity, Recording},
    verify::{Symbols, life_page, work::name_of},
};

/// The driver that the scenarios of the library are written for.
pub(super) const USBCLIENT: &str = "usbclient.sys";
/// The device that another driver gets unless one is named.
pub(super) const DEVICE: &str = "loopback-hs";
/// The life that a driver of another name gets unless one is named.
const ANY_DRIVER: &str = "any_driver";

/// What to run, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The driver's image.
    driver: PathBuf,
    /// What to play: one of `ntsim scenarios`, or `any_driver`. Without it, a whole life that suits the device; for a
    /// file of another name than usbclient.sys, `any_driver`.
    #[arg(long)]
    scenario: Option<String>,
    /// A script of your own, as JSON, instead of a scenario.
    #[arg(long, value_name = "FILE", conflicts_with = "scenario")]
    script: Option<PathBuf>,
    /// Switch threads at random points, from this seed.
    #[arg(long)]
    seed: Option<u64>,
    /// Put this device model behind the driver: one of `ntsim devices`.
    #[arg(long, value_name = "MODEL")]
    device: Option<String>,
    /// Put a device behind the driver that a USB/IP server exports.
    #[arg(long, value_name = "HOST:PORT/BUSID", conflicts_with = "device")]
    usbip: Option<String>,
    /// Write down what came from that device, for `--inputs`.
    #[arg(long, value_name = "FILE", requires = "usbip")]
    save_inputs: Option<PathBuf>,
    /// Live a life with a device of a USB/IP server again, without the device.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["device", "usbip"])]
    inputs: Option<PathBuf>,
    /// Write the trace as JSON lines.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the life: a page for a browser.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print the summary only.
    #[arg(long)]
    quiet: bool,
    /// Print every event.
    #[arg(long, conflicts_with = "quiet")]
    everything: bool,
    /// Listen to event tracing from before the driver is loaded: `LEVEL` or `LEVEL:KEYWORDS`, keywords in hexadecimal;
    /// level 0 is every level.
    #[arg(long, value_name = "LEVEL[:KEYWORDS]", value_parser = session)]
    trace: Option<Session>,
    /// Place objects close together between canaries instead of at guard pages.
    #[arg(long)]
    packed: bool,
}

pub(super) fn command(arguments: &Arguments) -> Result<ExitCode, String> {
    let elsewhere = Elsewhere::of(arguments)?;
    let scenario = scenario(arguments, elsewhere.as_ref())?;
    // Refused now rather than after a long life.
    let trace = arguments.json.as_ref().map(super::create).transpose()?;
    let inputs = arguments.save_inputs.as_ref().map(super::create).transpose()?;
    let options = Options {
        memory: if arguments.packed { Mode::Packed } else { Mode::Guarded },
        choices: arguments.seed.map_or(Choices::InTurn, Choices::Seed),
        ..Options::default()
    };
    let mut machine = Machine::load(&arguments.driver, options).map_err(|error| error.to_string())?;
    if let Some(session) = arguments.trace {
        machine.kernel_mut().listen_from_start(session);
    }
    if let Some(elsewhere) = elsewhere {
        elsewhere.give_to(&machine);
    }
    let life = life::play(&mut machine, &scenario);
    if let Some(file) = inputs {
        save_inputs(file, &machine)?;
    }
    if let Some(file) = trace {
        super::write_trace(file, &life.events)?;
    }
    if let Some(path) = &arguments.html {
        let symbols = Symbols::of(&arguments.driver, None)?;
        super::write_page(path, &life_page(&name_of(&arguments.driver), &scenario.name, &life, &symbols))?;
    }
    print(arguments, &life).map_err(|error| format!("cannot print: {error}"))?;
    let losses = machine.kernel().outside.losses();
    for loss in &losses {
        eprintln!("ntsim: {loss}");
    }
    Ok(super::status(life.is_clean() && losses.is_empty()))
}

/// What `--trace` asks for.
fn session(text: &str) -> Result<Session, String> {
    let (level, keywords) = text.split_once(':').unwrap_or((text, "ffffffffffffffff"));
    let keywords = keywords.trim_start_matches("0x");
    Ok(Session {
        level: level.parse().map_err(|error| format!("{level} is no level: {error}"))?,
        any: u64::from_str_radix(keywords, 16).map_err(|error| format!("{keywords}: {error}"))?,
        all: 0,
    })
}

/// A device that is not the simulator's own.
enum Elsewhere {
    /// A server exports it.
    Live(Box<usbip::Attached>, String),
    /// It was there in another life.
    Saved(Recording, String, Identity),
}

impl Elsewhere {
    fn of(arguments: &Arguments) -> Result<Option<Self>, String> {
        if let Some(text) = &arguments.usbip {
            let address: usbip::Address = text.parse().map_err(|error: usbip::Error| error.to_string())?;
            let attached =
                usbip::attach(&address, usbip::Limits::default()).map_err(|error| error.to_string())?;
            return Ok(Some(Self::Live(Box::new(attached), address.model())));
        }
        let Some(path) = &arguments.inputs else { return Ok(None) };
        let recording =
            Recording::read(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
        let first = recording.sessions.first().ok_or_else(|| format!("{}: no device", path.display()))?;
        let (model, identity) = (first.model.clone(), first.identity());
        Ok(Some(Self::Saved(recording, model, identity)))
    }

    fn model(&self) -> &str {
        match self {
            Self::Live(_, model) | Self::Saved(_, model, _) => model,
        }
    }

    const fn identity(&self) -> &Identity {
        match self {
            Self::Live(attached, _) => attached.identity(),
            Self::Saved(_, _, identity) => identity,
        }
    }

    fn give_to(self, machine: &Machine) {
        let outside = &mut machine.kernel_mut().outside;
        match self {
            Self::Live(attached, _) => outside.offer(*attached),
            Self::Saved(recording, ..) => outside.replay(recording),
        }
    }
}

fn save_inputs(mut file: BufWriter<File>, machine: &Machine) -> Result<(), String> {
    let recording = machine.kernel().outside.recording();
    serde_json::to_writer(&mut file, &recording)
        .map_err(io::Error::from)
        .and_then(|()| file.flush())
        .map_err(|error| format!("cannot write the inputs: {error}"))
}

fn scenario(arguments: &Arguments, elsewhere: Option<&Elsewhere>) -> Result<Scenario, String> {
    let known = arguments.device.as_deref().map(super::known_device).transpose()?;
    let model = elsewhere.map(Elsewhere::model).or(known);
    let mut scenario = match (&arguments.script, &arguments.scenario) {
        (Some(path), _) => {
            serde_json::from_str(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?
        }
        (None, Some(name)) if name == ANY_DRIVER => library::any_driver(model.unwrap_or(DEVICE)),
        (None, Some(name)) => library::by_name(name)
            .ok_or_else(|| format!("there is no scenario {name}; `ntsim scenarios` lists them"))?,
        (None, None) if name_of(&arguments.driver) != USBCLIENT => {
            return Ok(library::any_driver(model.unwrap_or(DEVICE)));
        }
        (None, None) => {
            let own = || model.map_or_else(library::whole_life, library::life_of);
            return Ok(elsewhere
                .map_or_else(own, |device| library::life_elsewhere(device.model(), device.identity())));
        }
    };
    if let Some(model) = model {
        scenario = scenario.with_devices(|plug| model.clone_into(&mut plug.model));
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
