//! `cargo xtask run` and `cargo xtask bench`: the shipped driver in the simulated kernel.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::Result;

use crate::{
    driver::{self, Profile},
    failure::cannot_run,
    paths::Paths,
    setup, tool,
};

/// `cargo xtask run`.
#[derive(clap::Args)]
pub struct RunArguments {
    /// Seed of every choice that the simulator makes.
    #[arg(long)]
    seed: Option<u64>,
    /// The device below the driver; an unknown name lists those that there are.
    #[arg(long, value_name = "MODEL")]
    device: Option<String>,
    /// Put a device below the driver that a USB/IP server exports.
    #[arg(long, value_name = "HOST:PORT/BUSID", conflicts_with = "device")]
    usbip: Option<String>,
    /// Write down what came from that device, for `--inputs`.
    #[arg(long, value_name = "FILE", requires = "usbip")]
    save_inputs: Option<PathBuf>,
    /// Live a life with such a device again, without the device.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["device", "usbip"])]
    inputs: Option<PathBuf>,
    /// Write the trace as JSON lines to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the life: a page for a browser.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print the verdict only.
    #[arg(long)]
    quiet: bool,
    /// A program to run with the simulated device instead: `usbctl` and its arguments.
    #[arg(last = true, value_name = "PROGRAM")]
    program: Vec<String>,
}

/// Builds the driver, plays its life in ntsim, and gives ntsim's exit status.
///
/// # Errors
///
/// Set-up or a build failed.
pub fn run(paths: &Paths, arguments: &RunArguments) -> Result<ExitCode> {
    match arguments.program.split_first() {
        Some((program, rest)) if program == "usbctl" => return usbctl(paths, rest),
        Some((program, _)) => return Err(cannot_run(format!("{program} is not there; usbctl is"))),
        None => {}
    }
    let mut ntsim = ntsim(paths, "run")?;
    if let Some(seed) = arguments.seed {
        ntsim.args(["--seed", &seed.to_string()]);
    }
    if let Some(model) = &arguments.device {
        ntsim.args(["--device", model]);
    }
    if let Some(address) = &arguments.usbip {
        ntsim.args(["--usbip", address]);
    }
    for (option, file) in [("--save-inputs", &arguments.save_inputs), ("--inputs", &arguments.inputs)] {
        if let Some(file) = file {
            ntsim.arg(option).arg(file);
        }
    }
    if let Some(file) = &arguments.json {
        ntsim.arg("--json").arg(file);
    }
    if let Some(file) = &arguments.html {
        ntsim.arg("--html").arg(file);
    }
    if arguments.quiet {
        ntsim.arg("--quiet");
    }
    exit_status(&mut ntsim)
}

/// `cargo xtask bench`.
#[derive(clap::Args)]
pub struct BenchArguments {
    /// Print what transfers cost as JSON, and nothing else.
    #[arg(long)]
    json: bool,
    /// Leave out how the cost grows with devices, files and requests.
    #[arg(long)]
    no_growth: bool,
}

/// Builds the driver and a bare one that passes transfers through, counts what transfers cost each, and times lives.
///
/// # Errors
///
/// Set-up or a build failed.
pub fn bench(paths: &Paths, arguments: &BenchArguments) -> Result<ExitCode> {
    let mut cost = ntsim(paths, "cost")?;
    let environment = setup::prepare(paths)?;
    driver::build_specimens(paths, &environment)?;
    cost.arg("--beside").arg(paths.driver().join("specimens/pass_through.sys"));
    if !arguments.no_growth {
        cost.arg("--growth");
    }
    if arguments.json {
        return exit_status(cost.arg("--json"));
    }
    let counted = exit_status(&mut cost)?;
    if counted != ExitCode::SUCCESS {
        return Ok(counted);
    }
    exit_status(&mut ntsim(paths, "bench")?)
}

/// Builds the driver and ntsim: `ntsim SUBCOMMAND usbclient.sys`.
///
/// # Errors
///
/// Set-up or a build failed.
pub fn ntsim(paths: &Paths, subcommand: &str) -> Result<Command> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(cannot_run("the simulator runs drivers on x86-64 Linux only"));
    }
    let environment = setup::prepare(paths)?;
    let image = driver::build(paths, &environment, Profile::Release)?;
    let mut command = host_tool(paths, "ntsim", "ntsim")?;
    command.arg(subcommand).arg(image);
    Ok(command)
}

/// Builds a program of this machine's, and gives a command that starts it.
///
/// # Errors
///
/// The build failed.
pub fn host_tool(paths: &Paths, package: &str, binary: &str) -> Result<Command> {
    let mut build = tool::cargo();
    build.current_dir(&paths.root).args([
        "build",
        "--package",
        package,
        "--bin",
        binary,
        "--profile",
        "tools",
    ]);
    build.arg("--target-dir").arg(paths.root.join("target"));
    tool::run(&mut build)?;
    Ok(Command::new(paths.root.join("target/tools").join(binary)))
}

/// `cargo xtask run -- usbctl ARGUMENTS`: the command, with devices of the simulated kernel.
fn usbctl(paths: &Paths, arguments: &[String]) -> Result<ExitCode> {
    let environment = setup::prepare(paths)?;
    let image = driver::build(paths, &environment, Profile::Release)?;
    let mut command = host_tool(paths, "usbctl", "usbctl")?;
    exit_status(command.arg("--sim").arg(image).args(arguments))
}

/// Runs ntsim and hands its exit status on.
///
/// # Errors
///
/// It cannot be started.
pub fn exit_status(command: &mut Command) -> Result<ExitCode> {
    let status = tool::status(command)?;
    // A signal ended it: the simulator itself failed.
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}
