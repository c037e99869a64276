//! `cargo xtask test`: everything that is tested.

use std::{
    num::NonZero,
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{
    abi,
    check::{host, step},
    driver::{self, Profile},
    foreign,
    paths::Paths,
    setup, tool, verify, wine,
};

/// Packages whose tests load a driver: each test has a process of its own.
const LOADING: [&str; 5] = ["ntsim", "scenarios", "usbclient-user", "usbctl", "usbip-loopback"];

/// `cargo xtask test`.
///
/// # Errors
///
/// A test failed, or could not be run.
pub fn command(paths: &Paths) -> Result<ExitCode> {
    let environment = setup::prepare(paths)?;
    step("usbclient.sys");
    driver::build(paths, &environment, Profile::Release)?;
    step("layouts of the kernel's structures");
    println!("{} structures are as in the real headers", abi::check(paths)?);
    step("specimens");
    driver::build_specimens(paths, &environment)?;
    step("drivers in C");
    setup::install_c_compilers()?;
    foreign::build(paths)?;
    if tool::exists("cargo-nextest") {
        step("tests, a process each");
        tool::run(&mut host(paths, &["nextest", "run"]))?;
        step("documentation's examples");
        tool::run(host(paths, &["test"]).arg("--doc"))?;
    } else {
        step("tests that load no driver");
        let mut command = host(paths, &["test"]);
        for package in LOADING {
            command.args(["--exclude", package]);
        }
        tool::run(&mut command)?;
        step("tests that load a driver, a process each");
        process_per_test(paths)?;
    }
    step("the driver through every campaign, the rules on every specimen");
    verify::test(paths)?;
    step("the driver under Wine");
    wine::test(paths)?;
    Ok(ExitCode::SUCCESS)
}

/// One line of `cargo test --message-format json-render-diagnostics`.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    manifest_path: Option<PathBuf>,
    #[serde(default)]
    profile: MessageProfile,
}

#[derive(Default, Deserialize)]
struct MessageProfile {
    test: bool,
}

/// A test of an executable, and the folder that cargo would run it in.
struct Test {
    executable: PathBuf,
    package: PathBuf,
    name: String,
}

/// What cargo-nextest does, for machines without it.
fn process_per_test(paths: &Paths) -> Result<()> {
    let tests = loading_tests(paths)?;
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(|| {
                while let Some(test) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(output) = run(test) {
                        println!("{output}");
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push(test.name.as_str());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{} passed, {} failed", tests.len() - failed.len(), failed.len());
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// Runs one test. What it printed is the error.
fn run(test: &Test) -> Result<(), String> {
    let mut command = Command::new(&test.executable);
    command.args(["--exact", &test.name]).current_dir(&test.package).env("CARGO_MANIFEST_DIR", &test.package);
    let output = command.output().map_err(|error| format!("{}: {error}", test.executable.display()))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stdout).into_owned()) }
}

fn loading_tests(paths: &Paths) -> Result<Vec<Test>> {
    let mut command = tool::cargo();
    command.current_dir(&paths.root).args(["test", "--no-run"]);
    command.args(["--message-format", "json-render-diagnostics"]);
    command.args(LOADING.iter().flat_map(|package| ["--package", package])).stderr(Stdio::inherit());
    let mut tests = Vec::new();
    for line in tool::output(&mut command)?.lines() {
        let message: Message = serde_json::from_str(line).context("a message of `cargo test`")?;
        let Some(executable) = message.executable.filter(|_| message.profile.test) else { continue };
        let manifest = message.manifest_path.unwrap_or_default();
        let package = manifest.parent().unwrap_or(&paths.root);
        for name in tests_of(&executable)? {
            tests.push(Test { executable: executable.clone(), package: package.into(), name });
        }
    }
    Ok(tests)
}

fn tests_of(executable: &PathBuf) -> Result<Vec<String>> {
    let list = tool::output(Command::new(executable).args(["--list", "--format", "terse"]))?;
    Ok(list.lines().filter_map(|line| line.strip_suffix(": test")).map(String::from).collect())
}
