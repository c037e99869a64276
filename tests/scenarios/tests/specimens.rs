//! Every specimen driver is caught by its own rule and by no other, and the one that breaks nothing by none.
//!
//! Build them first: `cargo xtask build --specimens`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use nt_trace::RuleSet;
use ntsim::{
    campaign::specimens::{SCRIPT, Specimen, Table},
    verify::{
        Only, Report, Request, Work,
        pool::{News, Workers},
        work::SpecimenFolders,
    },
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn table() -> Table {
    Table::read(&root().join("tests/specimens")).expect("the table of specimens")
}

fn specimens() -> Vec<Specimen> {
    table().specimens
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
        let rule = match specimen.rule.as_deref() {
            None => "no rule".into(),
            Some(SCRIPT) => "the script".into(),
            Some(rule) => format!("`{rule}`"),
        };
        assert!(text.contains(&format!("//! Rule: {rule}")), "{name} does not say {rule}");
        assert!(specimen.allowed.iter().all(|allowed| !allowed.reason.is_empty()), "{name}");
    }
}

#[test]
fn the_table_names_rules_and_scenarios_that_exist() {
    let rules = RuleSet::default().names();
    let scenarios: BTreeSet<String> = table().scenarios.into_iter().map(|scenario| scenario.name).collect();
    for specimen in specimens() {
        assert!(scenarios.contains(&specimen.scenario), "{}: {}", specimen.name, specimen.scenario);
        for rule in specimen.rule.iter().chain(specimen.allowed.iter().map(|allowed| &allowed.rule)) {
            assert!(
                rule == SCRIPT || rules.contains(&rule.as_str()),
                "{}: there is no rule {rule}",
                specimen.name
            );
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

/// Each in a process of its own: some do not end well.
#[test]
fn each_specimen_is_caught_by_its_rule_and_no_other() {
    let folders = SpecimenFolders {
        images: root().join("target/driver/specimens"),
        table: root().join("tests/specimens"),
    };
    let table = Some(folders.table.clone());
    let request = Request {
        // Nothing is played with it: the specimens are images of their own.
        driver: folders.images.join("good.sys"),
        only: Some(Only::Campaign("specimens".into())),
        specimens: Some(folders),
        ..Request::default()
    };
    let work = Work::cut(&request).expect("the specimens are built: cargo xtask build --specimens");
    let mut told = BTreeMap::new();
    let program = env!("CARGO_BIN_EXE_worker").into();
    let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Workers { program, table, count, inf: None }.work(work.jobs, &mut |news| {
        if let News::Done(number, piece) = news {
            told.insert(number, piece);
        }
    });
    let report = Report::of(&work.identity, &work.not_run, &told);
    assert_eq!(report.specimens.len(), specimens().len());
    let wrong: Vec<String> = report
        .violations
        .iter()
        .flat_map(|violation| {
            let name = &violation.piece.subject;
            violation.finding.wrong.iter().map(move |wrong| format!("{name}: {wrong}"))
        })
        .collect();
    assert!(report.is_clean(), "{report}\n{}", wrong.join("\n"));
}
