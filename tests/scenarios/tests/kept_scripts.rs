//! Scripts that a campaign made up and shrank, and that found something once: `scripts/*.json`.
//!
//! Each names the driver it was found in. That driver must still be caught by the same rule, and usbclient must go
//! through the same script without fault.

use std::{collections::BTreeSet, fs, path::Path, path::PathBuf};

use ntsim::{
    campaign::{Campaign, Extent, Finding, Piece, Plan, Recipe, Record, scripts::Scripts, wrong_in},
    machine::{Choices, Machine, Options},
};
use scenarios::machine;
use serde::{Deserialize, Serialize};

/// A script that is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// The specimen that it was found in.
    found_in: String,
    /// The rule that spoke.
    rule: String,
    /// What repeats it.
    recipe: Recipe,
}

/// Specimens whose defect a history finds, and how many steps the shrunk script has at most.
const FOUND: [(&str, &str, usize); 5] = [
    ("remove_lock_not_released", "RemoveLockReleaseDeviceControl", 3),
    ("handle_never_closed", "UsbdHandleNotClosed", 1),
    ("surprise_lock_released_early", "RemoveLockMnSurpriseRemove", 2),
    ("remove_lock_kept_by_close", "RemoveLockReleaseClose", 3),
    ("query_remove_not_supported", "NsRemoveLockQueryMnRemove", 2),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")
}

fn specimen(name: &str) -> Machine {
    let folder = std::env::var_os("SPECIMENS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/driver/specimens"),
        PathBuf::from,
    );
    let file = folder.join(format!("{name}.sys"));
    match Machine::load(&file, Options::default()) {
        Ok(machine) => machine,
        Err(error) => panic!("{}: {error}; build it with `cargo xtask build --specimens`", file.display()),
    }
}

fn kept() -> Vec<(String, Kept)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the folder of scripts")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a file");
        let kept = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.display().to_string(), kept)
    };
    files.iter().map(read).collect()
}

fn rules(recipe: &Recipe, machine: &mut Machine) -> Vec<String> {
    let life = recipe.live(machine).unwrap_or_else(|stop| panic!("no new life: {stop}"));
    wrong_in(&life).iter().map(|wrong| wrong.rule.clone().unwrap_or_else(|| wrong.text.clone())).collect()
}

#[test]
fn each_still_finds_what_it_found() {
    let kept = kept();
    let drivers: BTreeSet<&str> = kept.iter().map(|(_, kept)| kept.found_in.as_str()).collect();
    assert!(FOUND.iter().all(|(name, ..)| drivers.contains(name)), "{drivers:?}");
    for (file, kept) in &kept {
        let spoke = rules(&kept.recipe, &mut specimen(&kept.found_in));
        assert!(spoke.contains(&kept.rule), "{file}: {spoke:?}");
    }
}

#[test]
fn usbclient_goes_through_all_of_them() {
    let mut machine = machine();
    for (file, kept) in kept() {
        for seed in 0..20 {
            let choices = if seed == 0 { kept.recipe.choices.clone() } else { Choices::Seed(seed) };
            let recipe = Recipe { choices, ..kept.recipe.clone() };
            let spoke = rules(&recipe, &mut machine);
            assert!(spoke.is_empty(), "{file}, seed {seed}: {spoke:?}");
        }
    }
}

/// The campaign finds the defects of some specimens by itself, and makes short scripts of what found them.
/// `KEEP_SCRIPTS=1` hunts in all of them, and keeps the scripts.
#[test]
fn defects_are_found_and_made_short() {
    let all = std::env::var_os("KEEP_SCRIPTS").is_some();
    for (name, rule, longest) in FOUND.into_iter().take(if all { FOUND.len() } else { 2 }) {
        let found = hunt(name, rule);
        let finding = found.unwrap_or_else(|| panic!("{name} was not found"));
        let steps = &finding.recipe.scenario.steps;
        assert!(steps.len() <= longest, "{name}: {} steps: {steps:#?}", steps.len());
        if all {
            // Threads in turn, if that will do: it lasts longer than a list of choices.
            let plain = Recipe { choices: Choices::InTurn, ..finding.recipe.clone() };
            let will_do = rules(&plain, &mut specimen(name)).iter().any(|spoke| spoke == rule);
            let recipe = if will_do { plain } else { finding.recipe };
            let kept = Kept { found_in: name.into(), rule: rule.into(), recipe };
            let mut text = serde_json::to_string_pretty(&kept).expect("a script is JSON");
            text.push('\n');
            fs::write(folder().join(format!("{name}.json")), text).expect("the script can be written");
        }
    }
}

/// The first finding of a rule in a specimen.
fn hunt(name: &str, rule: &str) -> Option<Finding> {
    let plan = Plan { extent: Extent::Quick, seed: 1, device: Some("loopback-hs".into()) };
    let mut machine = specimen(name);
    let pieces: Vec<Piece> = Scripts.pieces(&plan);
    for piece in &pieces {
        let mut found = None;
        let mut take = |record| {
            if let Record::Finding(finding) = record
                && finding.wrong.iter().any(|wrong| wrong.rule.as_deref() == Some(rule))
            {
                found.get_or_insert(*finding);
            }
        };
        if let Err(stop) = Scripts.run(piece, &mut machine, &mut take) {
            panic!("no new life: {stop}");
        }
        if found.is_some() {
            return found;
        }
    }
    None
}
