//! Scenarios played on the real usbclient.sys.
//!
//! The file that is tested is the one that `cargo xtask` builds; nothing is compiled again for a test. A test
//! needs a process of its own, because a machine needs its addresses: cargo-nextest and `cargo xtask test` give
//! it one.

pub mod traced;

use std::path::PathBuf;

pub use ntsim::campaign::order;
use ntsim::{
    life::{Life, play},
    machine::{Choices, Machine, Options},
    scenario::{Completion, Face, Scenario, library},
};

/// The driver's file: `USBCLIENT_SYS`, or what `cargo xtask` built last.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn driver_file() -> PathBuf {
    let built = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/driver/usbclient.sys"));
    let path = std::env::var_os("USBCLIENT_SYS").map_or_else(built, PathBuf::from);
    assert!(path.is_file(), "{} is not there: build it with `cargo xtask run`", path.display());
    path
}

/// A machine with the driver in it.
///
/// # Panics
/// When the file cannot be loaded.
#[must_use]
pub fn machine() -> Machine {
    match Machine::load(&driver_file(), Options::default()) {
        Ok(machine) => machine,
        Err(error) => panic!("usbclient.sys cannot be loaded: {error}"),
    }
}

/// A scenario of the simulator's library.
///
/// # Panics
/// When there is none with this name.
#[must_use]
pub fn scenario(name: &str) -> Scenario {
    library::by_name(name).unwrap_or_else(|| panic!("there is no scenario {name}"))
}

/// Plays a scenario in the machine's next life.
///
/// # Panics
/// When the host refuses the machine a new life.
#[must_use]
pub fn live(machine: &mut Machine, scenario: &Scenario, choices: Choices) -> Life {
    if let Err(stop) = machine.next_life(choices) {
        panic!("no new life: {stop}");
    }
    play(machine, scenario)
}

/// Plays a scenario as the threads come and with several seeds, and demands that every life is clean.
///
/// It must be played to its end, no rule violated, nothing leaked, and every handle closed in time.
/// `SCENARIO_SEEDS` asks for another number of seeds.
///
/// # Panics
/// When something else happened.
pub fn demand_clean(name: &str, seeds: u64) {
    demand_clean_in(&mut machine(), name, seeds);
}

/// As [`demand_clean`], above each USB stack and whenever it completes. The seeds are shared among them.
///
/// # Panics
/// When something else happened.
pub fn demand_clean_everywhere(name: &str, seeds: u64) {
    let mut machine = machine();
    demand_clean_in(&mut machine, name, seeds);
    let completions = [
        Completion::Dispatch,
        Completion::Passive,
        Completion::Inline,
        Completion::InlinePending,
        Completion::Racing,
    ];
    for completion in completions {
        for face in [Face::Usb3, Face::Usb2] {
            let scenario =
                scenario(name).with_devices(|plug| (plug.completion, plug.face) = (completion, face));
            for seed in 0..=seeds / 10 {
                let choices = if seed == 0 { Choices::InTurn } else { Choices::Seed(seed) };
                let life = live(&mut machine, &scenario, choices);
                let what = format!("{name}, {completion:?}, {face:?}, seed {seed}");
                assert_clean(&life, &what);
                assert_eq!(order::handles_are_closed_in_time(&life.events), Ok(()), "{what}");
            }
        }
    }
}

/// As [`demand_clean`], in a machine that is there already.
///
/// # Panics
/// When something else happened.
pub fn demand_clean_in(machine: &mut Machine, name: &str, seeds: u64) {
    let scenario = scenario(name);
    let asked = std::env::var("SCENARIO_SEEDS").ok().and_then(|text| text.parse().ok());
    for seed in 0..=asked.unwrap_or(seeds) {
        let choices = if seed == 0 { Choices::InTurn } else { Choices::Seed(seed) };
        let life = live(machine, &scenario, choices);
        assert_clean(&life, &format!("{name}, seed {seed}"));
        if let Err(wrong) = order::handles_are_closed_in_time(&life.events) {
            panic!("{name}, seed {seed}: {wrong}");
        }
    }
}

/// Demands that a life was played to its end, without violation or leak.
///
/// # Panics
/// When it was not.
pub fn assert_clean(life: &Life, what: &str) {
    let said: Vec<String> = life.violations.iter().map(|violation| format!("{violation:#?}")).collect();
    assert!(
        life.cut_short.is_none(),
        "{what}: {}\n{}",
        life.cut_short.as_deref().unwrap_or(""),
        said.join("\n")
    );
    assert!(said.is_empty(), "{what}:\n{}", said.join("\n"));
    assert!(life.is_clean(), "{what}: {:?}", life.summary());
}
