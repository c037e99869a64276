//! Orders of threads: explored, at random, repeated; and a defect that only an order at atomic instructions shows.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use ntsim::{
    campaign::{
        Campaign, Extent, Finding, Plan, Recipe, Record, Share, pct,
        schedules::{self, explore},
        wrong_in,
    },
    life::Life,
    machine::{Choices, Machine, Options},
    scenario::Scenario,
    sched::policy::Bounds,
};
use scenarios::machine;

fn specimen(name: &str) -> Machine {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/driver/specimens");
    let path = PathBuf::from(folder).join(format!("{name}.sys"));
    assert!(path.is_file(), "{} is not there: cargo xtask build --specimens", path.display());
    Machine::load(&path, Options::default()).expect("the specimen can be loaded")
}

fn two_threads_ask() -> Scenario {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let table = ntsim::campaign::specimens::Table::read(&root.join("tests/specimens")).expect("the table");
    table.scenarios.into_iter().find(|scenario| scenario.name == "two_threads_ask").expect("the scenario")
}

fn race(name: &str) -> Scenario {
    schedules::races("loopback-hs").into_iter().find(|race| race.name == name).expect("the race")
}

const ONE_PREEMPTION: Bounds = Bounds { preemptions: Some(1), turns: None };

#[test]
fn a_race_on_a_flag_is_found_at_the_atomic_instruction_only() {
    let mut machine = specimen("race_on_flag");
    let recipe = Recipe::new(two_threads_ask());
    let mut bad = Vec::new();
    let mut judge = |atomics: bool| {
        bad.clear();
        let recipe = Recipe { atomics, ..recipe.clone() };
        let explored = explore(&mut machine, &recipe, ONE_PREEMPTION, Share::default(), 5_000, &mut |life| {
            if let Some(finding) = Finding::of(&recipe, life, false) {
                bad.push((finding, life.events.clone()));
            }
        })
        .expect("every life can be lived");
        assert!(explored.all, "{explored:?}");
        (explored.orders, bad.clone())
    };
    let (orders, found) = judge(false);
    assert!(orders >= 5 && found.is_empty(), "{orders} orders: {:?}", found.first().map(|one| &one.0));
    let (more, found) = judge(true);
    assert!(more > orders && !found.is_empty(), "{more} orders");
    let (finding, events) = &found[0];
    let rules: BTreeSet<_> = finding.wrong.iter().filter_map(|wrong| wrong.rule.as_deref()).collect();
    assert_eq!(rules, BTreeSet::from(["BugCheck"]));
    // The saved choices, read again from a file, give the same life in a machine that lived others meanwhile.
    let text = serde_json::to_string(&finding.recipe).expect("a recipe can be written");
    let again: Recipe = serde_json::from_str(&text).expect("and read");
    let life = again.live(&mut machine).expect("a life");
    assert_eq!(wrong_in(&life), finding.wrong);
    assert_eq!(&life.events, events);
}

#[test]
fn the_code_is_the_files_when_nobody_switches_at_atomics() {
    let mut machine = machine();
    let (base, bytes) = (machine.image().base, machine.image().loaded_bytes().to_vec());
    let code =
        |machine: &Machine| machine.kernel().mem.bytes(base, bytes.len() as u64).expect("the image").to_vec();
    assert_eq!(code(&machine), bytes);
    let recipe = Recipe { atomics: true, ..Recipe::new(race("read_and_cancel")) };
    let _ = recipe.live(&mut machine).expect("a life");
    let atomics =
        machine.flow().expect("code").instructions.values().filter(|it| it.has_lock_prefix()).count();
    assert!(atomics > 0, "usbclient has lock-prefixed instructions");
    assert_ne!(code(&machine), bytes);
    let _ = Recipe { atomics: false, ..recipe }.live(&mut machine).expect("a life");
    let text = machine.image().sections.iter().find(|section| section.name == ".text").expect("code").clone();
    let range = usize::try_from(text.rva).unwrap()..usize::try_from(text.rva + text.size).unwrap();
    assert_eq!(code(&machine)[range.clone()], bytes[range]);
}

#[test]
fn every_order_of_a_read_and_its_cancel_is_clean() {
    let mut machine = machine();
    let recipe = Recipe { atomics: true, ..Recipe::new(race("read_and_cancel")) };
    let mut orders = BTreeSet::new();
    let explored = explore(&mut machine, &recipe, ONE_PREEMPTION, Share::default(), 5_000, &mut |life| {
        let finding = Finding::of(&recipe, life, true);
        assert!(finding.is_none(), "{finding:#?}");
        assert!(orders.insert(life.choices.clone()), "an order was tried twice");
    })
    .expect("every life can be lived");
    assert!(explored.all && explored.orders > 10, "{explored:?}");
}

#[test]
fn shares_of_a_race_are_the_whole() {
    let mut machine = machine();
    let recipe = Recipe { atomics: true, ..Recipe::new(race("read_and_cancel")) };
    let mut orders = |share| {
        let mut orders = BTreeSet::new();
        let explored = explore(&mut machine, &recipe, ONE_PREEMPTION, share, 5_000, &mut |life: &Life| {
            orders.insert(life.choices.clone());
        });
        assert!(explored.expect("every life can be lived").all);
        orders
    };
    let whole = orders(Share::default());
    let parts: Vec<_> = Share::all(3).map(&mut orders).collect();
    assert!(parts.iter().all(|part| part.len() > 1 && part.len() < whole.len()));
    assert_eq!(parts.into_iter().flatten().collect::<BTreeSet<_>>(), whole);
}

#[test]
fn the_same_seed_gives_the_same_trace_with_and_without_it() {
    let mut machine = machine();
    let scenario = scenarios::scenario("read_and_unplug_race");
    let mut distinct = BTreeSet::new();
    for seed in 0..20 {
        let choices = Choices::Pct { seed, depth: 3, steps: 400 };
        let recipe = Recipe { choices, atomics: true, ..Recipe::new(scenario.clone()) };
        let first = recipe.live(&mut machine).expect("a life");
        assert_eq!(recipe.live(&mut machine).expect("a life").events, first.events);
        let replay = recipe.as_played(&first).live(&mut machine).expect("a life");
        assert_eq!((replay.choices, replay.events), (first.choices.clone(), first.events));
        distinct.insert(first.choices);
    }
    assert!(distinct.len() > 15, "seeds make a difference: {}", distinct.len());
}

#[test]
fn a_piece_of_random_priorities_says_the_same_again() {
    let plan = Plan { extent: Extent::Quick, ..Plan::default() };
    let pieces = pct::PctCampaign.pieces(&plan);
    let mut piece = pieces.into_iter().find(|piece| piece.subject == "cancel_race").expect("a piece");
    piece.weight = 40;
    let mut machine = machine();
    let mut told = || {
        let mut records: Vec<Record> = Vec::new();
        pct::PctCampaign.run(&piece, &mut machine, &mut |record| records.push(record)).expect("a piece");
        records
    };
    let first = told();
    assert!(first.contains(&Record::Schedules { explored: 40, exhaustive: None }), "{first:#?}");
    assert_eq!(first, told());
}

#[test]
fn blocks_that_are_reached_add_up_and_stay_reached() {
    let mut machine = machine();
    machine.watch_blocks().expect("memory");
    let _ = Recipe::new(scenarios::scenario("short_life")).live(&mut machine).expect("a life");
    let short = machine.blocks_hit();
    let _ = Recipe::new(scenarios::scenario("short_life")).live(&mut machine).expect("a life");
    assert_eq!(machine.new_blocks_hit(), Vec::<u32>::new(), "the same life reaches the same");
    let recipe = Recipe { atomics: true, ..Recipe::new(race("read_and_surprise")) };
    let _ = recipe.live(&mut machine).expect("a life");
    let more = machine.new_blocks_hit();
    assert!(!more.is_empty() && more.iter().all(|block| !short.contains(block)));
    let flow = machine.flow().expect("code").clone();
    assert!(short.iter().chain(&more).all(|block| flow.leaders.contains(block)));
    assert!(
        flow.decoded_bytes() * 5 > flow.code_bytes * 4,
        "{} of {}",
        flow.decoded_bytes(),
        flow.code_bytes
    );
    let coverage =
        ntsim::image::blocks::Coverage::new(&flow, &machine.blocks_hit().into_iter().collect(), |_| None);
    assert_eq!(coverage.hit(), short.len() + more.len());
    // A short life uses no streams, no policies, no recoveries.
    assert!(coverage.hit() * 6 > coverage.total(), "{}", coverage.summary());
}
