//! Every specimen driver is caught by its own rule and by no other, and the one that breaks nothing by none.
//!
//! Build them first: `cargo xtask build --specimens`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nt_trace::RuleSet;
use ntsim::{
    life::{self, Life},
    machine::{Choices, Machine, Options},
    scenario::{Completion, Face, Scenario, Step},
};
use serde::Deserialize;

/// Names the specimen that a process of its own plays; see [`play_one`].
const SPECIMEN: &str = "SPECIMEN";
/// What a broken driver may take of the wall clock: a loop that makes no kernel call must be cut long before.
const PATIENCE: Duration = Duration::from_mins(1);
/// Orders of the threads in which the driver that breaks nothing is played, beside the usual one.
const SEEDS: u64 = 50;
/// Marks the lines that the process writes for its parent.
const MARK: &str = "specimen: ";

#[derive(Deserialize)]
struct Specimen {
    name: String,
    /// The rule that must catch it; none for the driver that breaks nothing.
    rule: Option<String>,
    scenario: String,
    /// Rules that may speak up as well.
    allowed: Vec<Allowed>,
}

#[derive(Deserialize)]
struct Allowed {
    rule: String,
    reason: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn specimens() -> Vec<Specimen> {
    serde_json::from_str(&read("tests/specimens/expectations.json")).expect("a list of specimens")
}

fn scenarios() -> Vec<Scenario> {
    serde_json::from_str(&read("tests/specimens/scenarios.json")).expect("a list of scenarios")
}

#[test]
fn every_driver_is_in_the_table_and_says_its_rule() {
    let table: BTreeMap<String, Specimen> =
        specimens().into_iter().map(|specimen| (specimen.name.clone(), specimen)).collect();
    let manifest = read("tests/specimens/Cargo.toml");
    let examples: BTreeSet<&str> = manifest
        .split("[[example]]")
        .skip(1)
        .filter_map(|example| example.split("name = \"").nth(1)?.split('"').next())
        .collect();
    let files: BTreeSet<String> = fs::read_dir(root().join("tests/specimens/examples"))
        .expect("the folder of specimens")
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            name.strip_suffix(".rs").map(ToOwned::to_owned)
        })
        .collect();
    assert!(table.keys().map(String::as_str).eq(examples), "expectations.json and Cargo.toml differ");
    assert!(table.keys().eq(files.iter()), "expectations.json and examples/ differ");
    for (name, specimen) in &table {
        let text = read(&format!("tests/specimens/examples/{name}.rs"));
        let rule = specimen.rule.as_ref().map_or_else(|| "no rule".into(), |rule| format!("`{rule}`"));
        assert!(text.contains(&format!("//! Rule: {rule}")), "{name} does not say {rule}");
        assert!(specimen.allowed.iter().all(|allowed| !allowed.reason.is_empty()), "{name}");
    }
}

#[test]
fn the_table_names_rules_and_scenarios_that_exist() {
    let rules = RuleSet::default().names();
    let scenarios: BTreeSet<String> = scenarios().into_iter().map(|scenario| scenario.name).collect();
    for specimen in specimens() {
        assert!(scenarios.contains(&specimen.scenario), "{}: {}", specimen.name, specimen.scenario);
        for rule in specimen.rule.iter().chain(specimen.allowed.iter().map(|allowed| &allowed.rule)) {
            assert!(rules.contains(&rule.as_str()), "{}: there is no rule {rule}", specimen.name);
        }
    }
}

/// A rule without a specimen may be one that never speaks. Which those are is written down, with the reason.
#[test]
fn every_rule_has_a_specimen_or_a_reason() {
    let without: BTreeMap<String, String> =
        serde_json::from_str(&read("tests/specimens/rules_without_specimen.json"))
            .expect("rules with reasons");
    let covered: BTreeSet<String> = specimens().into_iter().filter_map(|specimen| specimen.rule).collect();
    let rules = RuleSet::default().names();
    let missing: Vec<_> =
        rules.iter().filter(|rule| !covered.contains(**rule) && !without.contains_key(**rule)).collect();
    let needless: Vec<_> =
        without.keys().filter(|rule| covered.contains(*rule) || !rules.contains(&rule.as_str())).collect();
    assert!(missing.is_empty() && needless.is_empty(), "missing {missing:?}, needless {needless:?}");
}

/// The specimens are linked as wdk-build links drivers. wdk-build's own arguments reach no examples, so they are
/// repeated in tests/specimens/build.rs, and here compared with its text.
#[test]
fn the_linker_arguments_are_those_of_wdk_build() {
    let published = wdk_build();
    let wdm =
        published.split("DriverConfig::Wdm => {").find(|arm| arm.trim_start().starts_with("// Emit WDM"));
    let (wdm, rest) = wdm.and_then(|arm| arm.split_once("DriverConfig::Kmdf")).expect("the arguments of WDM");
    let after_kmdf = published.split("linker arguments common to all configs").nth(1);
    let common = after_kmdf.and_then(|text| text.split_once("emit_cfg_settings")).expect("the common ones").0;
    assert!(rest.contains("rustc-cdylib-link-arg"));
    let argument = |text: &str| -> Vec<String> {
        text.split("rustc-cdylib-link-arg=")
            .skip(1)
            .filter_map(|rest| rest.split('"').next().map(ToOwned::to_owned))
            .collect()
    };
    // The map file is not needed.
    let theirs: Vec<String> = [argument(wdm), argument(common)]
        .concat()
        .into_iter()
        .filter(|argument| !argument.starts_with("/MAP"))
        .collect();
    let build = read("tests/specimens/build.rs");
    let ours: Vec<String> = build
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\",").map(ToOwned::to_owned))
        .collect();
    assert_eq!(ours, theirs);
}

/// The text of the wdk-build that Cargo.lock pins.
fn wdk_build() -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--locked", "--format-version", "1"])
        .output()
        .expect("cargo metadata starts");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let manifest = packages
        .iter()
        .find(|package| package["name"] == "wdk-build" && package["source"].is_string())
        .and_then(|package| package["manifest_path"].as_str())
        .expect("wdk-build is in the dependency graph");
    fs::read_to_string(Path::new(manifest).with_file_name("src/lib.rs")).expect("wdk-build's text")
}

/// Plays the specimen that the environment names, for the test below. Without one there is nothing to play.
#[test]
fn play_one() {
    let Ok(name) = std::env::var(SPECIMEN) else { return };
    let specimen = specimens().into_iter().find(|specimen| specimen.name == name).expect("a specimen");
    let scenario = scenarios().into_iter().find(|scenario| scenario.name == specimen.scenario);
    let scenario = scenario.expect("a scenario");
    let image = root().join("target/driver/specimens").join(format!("{name}.sys"));
    let mut machine = Machine::load(&image, Options::default()).unwrap_or_else(|error| panic!("{error}"));
    say(&life::play(&mut machine, &scenario), specimen.rule.is_none());
    if specimen.rule.is_none() {
        for seed in 1..=SEEDS {
            machine.next_life(Choices::Seed(seed)).unwrap_or_else(|stop| panic!("{stop}"));
            say(&life::play(&mut machine, &with_another_stack(&scenario, seed)), true);
        }
    }
}

/// The same scenario above another USB stack, or one that completes at another time.
fn with_another_stack(scenario: &Scenario, seed: u64) -> Scenario {
    let mut scenario = scenario.clone();
    for step in &mut scenario.steps {
        if let Step::Plug(plug) = step {
            plug.face = if seed.is_multiple_of(2) { Face::Usb3 } else { Face::Usb2 };
            plug.completion = match seed % 5 {
                0 => Completion::Inline,
                1 => Completion::InlinePending,
                2 => Completion::Racing,
                3 => Completion::Passive,
                _ => Completion::Dispatch,
            };
        }
    }
    scenario
}

/// Writes a verdict for the parent. `whole`: the life must not be cut short, and nothing may leak.
fn say(life: &Life, whole: bool) {
    for violation in &life.violations {
        println!("{MARK}{}", violation.rule);
        println!("  {violation}");
    }
    if let Some(reason) = &life.cut_short {
        println!("  cut short: {reason}");
    }
    if whole && !life.is_clean() {
        println!("{MARK}not clean");
    }
}

/// A process of its own for each: some do not end well.
#[test]
fn each_specimen_is_caught_by_its_rule_and_no_other() {
    if std::env::var_os(SPECIMEN).is_some() {
        return;
    }
    let specimens = specimens();
    let wrong: Vec<String> = specimens.iter().filter_map(|specimen| judge(specimen).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), specimens.len(), wrong.join("\n"));
}

/// Says what is wrong with a specimen's verdict.
fn judge(specimen: &Specimen) -> Result<(), String> {
    let (text, ended) = play_in_a_process(&specimen.name);
    let spoke: BTreeSet<&str> = text.lines().filter_map(|line| line.strip_prefix(MARK)).collect();
    let expected = specimen.rule.as_deref();
    let allowed =
        |rule: &str| expected == Some(rule) || specimen.allowed.iter().any(|allowed| allowed.rule == rule);
    let caught = expected.is_none_or(|rule| spoke.contains(rule));
    if ended && caught && spoke.iter().all(|rule| allowed(rule)) {
        return Ok(());
    }
    let details: Vec<&str> = text.lines().filter(|line| line.starts_with("  ")).collect();
    let state = if ended { "" } else { ", and the process did not end well" };
    Err(format!(
        "{}: expected {}, caught by {spoke:?}{state}\n{}",
        specimen.name,
        expected.unwrap_or("nothing"),
        details.join("\n")
    ))
}

/// What the process wrote, and whether it came to an end by itself.
fn play_in_a_process(name: &str) -> (String, bool) {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "play_one", "--nocapture"])
        .env(SPECIMEN, name)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let started = Instant::now();
    while started.elapsed() < PATIENCE && child.try_wait().is_ok_and(|status| status.is_none()) {
        thread::sleep(Duration::from_millis(2));
    }
    let in_time = started.elapsed() < PATIENCE;
    if !in_time {
        child.kill().expect("the process can be ended");
    }
    let output = child.wait_with_output().expect("what it wrote");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        text.push_str("  stderr: ");
        text.push_str(line);
        text.push('\n');
    }
    (text, in_time && output.status.success())
}
