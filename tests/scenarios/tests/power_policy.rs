//! The specimen that owns power policy plays every scenario of power cleanly: in turn and with several seeds, above each
//! USB stack, whenever it completes.
//!
//! Build it first: `cargo xtask build --specimens`.

use std::path::{Path, PathBuf};

use ntsim::{
    campaign::specimens::Table,
    life::play,
    machine::{Choices, Machine, Options},
    scenario::{Completion, Face, Scenario},
};
use scenarios::order;

const SEEDS: u64 = 10;
const COMPLETIONS: [Completion; 5] = [
    Completion::Dispatch,
    Completion::Passive,
    Completion::Inline,
    Completion::InlinePending,
    Completion::Racing,
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn scenario(name: &str) -> Scenario {
    let table = Table::read(&root().join("tests/specimens")).expect("the table of specimens");
    table.scenarios.into_iter().find(|scenario| scenario.name == name).expect("the scenario is in the table")
}

fn demand_clean(name: &str) {
    let image = root().join("target/driver/specimens/power_good.sys");
    let mut machine = Machine::load(&image, Options::default()).expect("the specimen loads");
    for completion in COMPLETIONS {
        for face in [Face::Usb3, Face::Usb2] {
            let scenario =
                scenario(name).with_devices(|plug| (plug.completion, plug.face) = (completion, face));
            for seed in 0..=SEEDS {
                let choices = if seed == 0 { Choices::InTurn } else { Choices::Seed(seed) };
                machine.next_life(choices).expect("the host gives a new life");
                let life = play(&mut machine, &scenario);
                let what = format!("{name}, {completion:?}, {face:?}, seed {seed}");
                assert!(life.cut_short.is_none(), "{what}: {:?}\n{:#?}", life.cut_short, life.violations);
                assert!(life.violations.is_empty(), "{what}: {:#?}", life.violations);
                assert!(life.is_clean(), "{what}: {:?}", life.summary());
                assert_eq!(order::handles_are_closed_in_time(&life.events), Ok(()), "{what}");
            }
        }
    }
}

#[test]
fn the_system_sleeps() {
    demand_clean("power_system");
}

#[test]
fn the_device_is_idle() {
    demand_clean("power_idle");
}

#[test]
fn around_pnp() {
    demand_clean("power_and_pnp");
}

#[test]
fn races() {
    demand_clean("power_races");
}

/// Two lives with one seed are one trace.
#[test]
fn the_same_seed_gives_the_same_trace() {
    let image = root().join("target/driver/specimens/power_good.sys");
    let mut machine = Machine::load(&image, Options::default()).expect("the specimen loads");
    let scenario = scenario("power_races");
    let mut live = || {
        machine.next_life(Choices::Seed(7)).expect("the host gives a new life");
        play(&mut machine, &scenario).events
    };
    assert_eq!(live(), live());
}
