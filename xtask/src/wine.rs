//! `cargo xtask wine`: the shipped driver in a kernel that nobody here wrote.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Result, bail};

use crate::{
    driver::{self, Profile},
    failure, foreign,
    paths::Paths,
    setup::{self, CoreLibrary, Environment},
    simulate, tool,
};

/// Packages of the kernel's side, what cargo calls their images, and what Wine is to call them.
const KERNEL_SIDE: [(&str, &str, &str); 3] = [
    ("wine-bus", "wine_bus.dll", "usbbus.sys"),
    ("wine-usbdex", "wine_usbdex.dll", "usbdex.sys"),
    ("wine-shim", "wine_shim.dll", "ntoskrnx.exe"),
];

/// Packages of programs for Windows.
pub const PROGRAMS: [&str; 2] = ["usbctl", "wine-agent"];

/// A module that Wine 8 lacks, and that Rust's standard library wants.
const RANDOM: &str = "bcryptprimitives";

/// `cargo xtask wine`.
#[derive(Default, clap::Args)]
pub struct Arguments {
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

/// Installs Wine, builds everything, plays every scenario, and gives the runner's exit status.
///
/// # Errors
///
/// Set-up or a build failed.
pub fn command(paths: &Paths, arguments: &Arguments) -> Result<ExitCode> {
    setup::install_wine()?;
    let environment = setup::prepare(paths)?;
    let image = driver::build(paths, &environment, Profile::Release)?;
    build_kernel_side(paths, &environment)?;
    let programs = build_programs(paths)?;
    let mut runner = simulate::host_tool(paths, "wine", "wine-runner")?;
    runner.arg("--driver").arg(image).arg("--inf").arg(paths.root.join("inf/usbclient.inx"));
    runner.arg("--kernel").arg(kernel_side(paths)).arg("--programs").arg(programs);
    runner.arg("--folder").arg(paths.root.join("target/wine"));
    if let Some(only) = &arguments.only {
        runner.args(["--only", only]);
    }
    if let Some(script) = &arguments.script {
        runner.arg("--script").arg(script);
    }
    if arguments.verbose {
        runner.arg("--verbose");
    }
    simulate::exit_status(&mut runner)
}

/// The same as one of the tests, where Wine is there or can be installed. On a machine that calls itself CI it must.
///
/// # Errors
///
/// Something was not as it must be, or could not be done.
pub fn test(paths: &Paths) -> Result<()> {
    match command(paths, &Arguments::default()) {
        Ok(ExitCode::SUCCESS) => Ok(()),
        Ok(_) => bail!("the driver did not do under Wine as it should; see above"),
        Err(error) if failure::is_cannot_run(&error) && std::env::var_os("CI").is_none() => {
            println!("not run: {error:#}");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Builds the bus driver, the USBD handle API and the import shim into `target/driver/wine`.
///
/// # Errors
///
/// The build failed.
pub fn build_kernel_side(paths: &Paths, environment: &Environment) -> Result<Vec<PathBuf>> {
    let mut command = driver::cargo(paths, environment, "build", driver::X64);
    command.arg("--release");
    command.args(KERNEL_SIDE.iter().flat_map(|(package, ..)| ["--package", package]));
    tool::run(&mut command)?;
    let built = paths.driver().join(driver::X64).join("release");
    let to = kernel_side(paths);
    KERNEL_SIDE.iter().map(|(_, image, name)| driver::publish(&built.join(image), &to.join(name))).collect()
}

fn kernel_side(paths: &Paths) -> PathBuf {
    paths.driver().join("wine")
}

/// Builds the programs for Windows, and gives their folder.
fn build_programs(paths: &Paths) -> Result<PathBuf> {
    let library = setup::find_library(paths, &[setup::PROGRAMS])?;
    tool::run(&mut cargo(paths, &library, "build"))?;
    let folder = target(paths).join("wine");
    std::fs::create_dir_all(&folder)?;
    let built = target(paths).join(setup::PROGRAMS).join("release");
    for name in PROGRAMS {
        let name = format!("{name}.exe");
        let file = std::fs::read(built.join(&name))?;
        tool::write_if_changed(&folder.join(&name), &file)?;
    }
    build_random(paths, &folder)?;
    Ok(folder)
}

/// The target folder of programs for Windows: their standard library may be built from source, as the driver's.
fn target(paths: &Paths) -> PathBuf {
    paths.root.join("target/windows")
}

/// A cargo command for the programs for Windows.
pub fn cargo(paths: &Paths, library: &CoreLibrary, subcommand: &str) -> Command {
    let mut command = tool::cargo();
    command.current_dir(&paths.root).args([subcommand, "--release", "--target", setup::PROGRAMS]);
    command.arg("--target-dir").arg(target(paths));
    command.args(PROGRAMS.iter().flat_map(|package| ["--package", package]));
    if let CoreLibrary::Source(folder) = library {
        command.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
        if let Some(folder) = folder {
            command.env("__CARGO_TESTS_ONLY_SRC_ROOT", folder);
        }
    }
    command
}

fn build_random(paths: &Paths, folder: &Path) -> Result<()> {
    let mut gcc = Command::new(foreign::GCC);
    gcc.args(["-O1", "-shared", "-nostdlib", "-nostartfiles", "-Wl,--entry,start", "-Wall", "-Werror"]);
    gcc.arg(paths.root.join(format!("tests/wine/random/{RANDOM}.c")));
    gcc.arg("-o").arg(folder.join(format!("{RANDOM}.dll"))).arg("-ladvapi32");
    tool::run(&mut gcc)
}
