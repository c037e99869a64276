//! The campaigns over the driver that make things up: completions, histories, hostile devices, hostile programs.
//!
//! Each test plays a sample; `cargo xtask verify` plays all. `CAMPAIGN_EXTENT` (`Quick`, `Normal`, `Full`) and
//! `CAMPAIGN_SEED` ask for the whole of one extent.

use ntsim::{
    campaign::{self, Campaign, Extent, Finding, Piece, Plan, Record},
    machine::Machine,
};
use scenarios::machine;

/// Plays pieces of a campaign: every `one_in`th, or all of them if the environment asks for an extent.
fn play(name: &str, one_in: usize) {
    let campaign = campaign::all().into_iter().find(|campaign| campaign.name() == name);
    let campaign = campaign.unwrap_or_else(|| panic!("there is no campaign {name}"));
    let asked = std::env::var("CAMPAIGN_EXTENT").ok();
    let extent = match asked.as_deref() {
        None | Some("Quick") => Extent::Quick,
        Some("Normal") => Extent::Normal,
        Some("Full") => Extent::Full,
        Some(other) => panic!("there is no extent {other}"),
    };
    let seed = std::env::var("CAMPAIGN_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let pieces = campaign.pieces(&Plan { extent, seed, device: None });
    let one_in = if asked.is_some() { 1 } else { one_in };
    let mut machine = machine();
    let (mut lives, mut findings) = (0, Vec::new());
    for piece in pieces.iter().step_by(one_in) {
        lives += run(&*campaign, piece, &mut machine, &mut findings);
    }
    println!("{name}: {lives} lives, {} findings", findings.len());
    assert!(lives > 0, "{name} played nothing");
    let said: Vec<String> = findings.iter().map(tell).collect();
    assert!(said.is_empty(), "{}", said.join("\n"));
}

fn run(campaign: &dyn Campaign, piece: &Piece, machine: &mut Machine, findings: &mut Vec<Finding>) -> u64 {
    let mut lives = 0;
    let mut take = |record| match record {
        Record::Lives { lives: some, .. } => lives += some,
        Record::Finding(finding) => findings.push(*finding),
        Record::NotRun { reason } => panic!("{}: {reason}", piece.subject),
        _ => {}
    };
    if let Err(stop) = campaign.run(piece, machine, &mut take) {
        panic!("no new life: {stop}");
    }
    lives
}

/// A finding in words, with the recipe that repeats it.
fn tell(finding: &Finding) -> String {
    let wrong: Vec<String> = finding.wrong.iter().map(ToString::to_string).collect();
    let recipe = serde_json::to_string(&finding.recipe).expect("a recipe is JSON");
    format!("{}\n  {recipe}", wrong.join("\n"))
}

#[test]
fn pending_sample() {
    play("pending", 40);
}

#[test]
fn scripts_sample() {
    play("scripts", 16);
}

#[test]
fn hostile_sample() {
    play("hostile", 30);
}

#[test]
fn callers_sample() {
    play("callers", 36);
}
