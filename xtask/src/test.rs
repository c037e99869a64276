//! `cargo xtask test`: everything that is tested.

use std::{
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{
    abi,
    check::{host, step},
    driver::{self, Profile},
    paths::Paths,
    setup, tool,
};

/// Packages whose tests load a driver: each test has a process of its own.
const LOADING: [&str; 2] = ["ntsim", "scenarios"];

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

/// What cargo-nextest does, for machines without it.
fn process_per_test(paths: &Paths) -> Result<()> {
    let mut command = tool::cargo();
    command.current_dir(&paths.root).args([
        "test",
        "--no-run",
        "--message-format",
        "json-render-diagnostics",
    ]);
    command.args(LOADING.iter().flat_map(|package| ["--package", package])).stderr(Stdio::inherit());
    let messages = tool::output(&mut command)?;
    let mut failed = Vec::new();
    let mut passed = 0_usize;
    for line in messages.lines() {
        let message: Message = serde_json::from_str(line).context("a message of `cargo test`")?;
        let Some(executable) = message.executable.filter(|_| message.profile.test) else { continue };
        // cargo runs tests in their package's folder.
        let manifest = message.manifest_path.unwrap_or_default();
        let package = manifest.parent().unwrap_or(&paths.root);
        for test in tests_of(&executable)? {
            let mut command = Command::new(&executable);
            command.args(["--exact", &test]).current_dir(package).env("CARGO_MANIFEST_DIR", package);
            let output = command.output()?;
            if output.status.success() {
                passed += 1;
            } else {
                print!("{}", String::from_utf8_lossy(&output.stdout));
                failed.push(test);
            }
        }
    }
    println!("{passed} passed, {} failed", failed.len());
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn tests_of(executable: &PathBuf) -> Result<Vec<String>> {
    let list = tool::output(Command::new(executable).args(["--list", "--format", "terse"]))?;
    Ok(list.lines().filter_map(|line| line.strip_suffix(": test")).map(String::from).collect())
}
