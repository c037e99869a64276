//! Alternate settings and configurations are selected.

use ntsim::{
    machine::Choices,
    scenario::{Completion, Face},
};
use scenarios::{assert_clean, demand_clean, live, machine, scenario};

const SEEDS: u64 = 20;

#[test]
fn setting_with_io() {
    demand_clean("setting_with_io", SEEDS);
}

#[test]
fn setting_schedule() {
    demand_clean("setting_schedule", SEEDS);
}

#[test]
fn setting_without_endpoints() {
    demand_clean("setting_without_endpoints", SEEDS);
}

#[test]
fn setting_refused() {
    demand_clean("setting_refused", SEEDS);
}

#[test]
fn setting_without_memory() {
    demand_clean("setting_without_memory", 3);
}

#[test]
fn setting_unanswered() {
    demand_clean("setting_unanswered", 3);
}

#[test]
fn settings_race() {
    demand_clean("settings_race", 200);
}

#[test]
fn setting_and_unplug() {
    demand_clean("setting_and_unplug", 200);
}

#[test]
fn setting_and_stop() {
    demand_clean("setting_and_stop", 100);
}

#[test]
fn setting_after_reset() {
    demand_clean("setting_after_reset", 3);
}

#[test]
fn setting_of_a_gap() {
    demand_clean("setting_of_a_gap", 3);
}

#[test]
fn setting_inputs() {
    demand_clean("setting_inputs", 1);
}

#[test]
fn configuration_with_io() {
    demand_clean("configuration_with_io", SEEDS);
}

#[test]
fn configuration_refused() {
    demand_clean("configuration_refused", SEEDS);
}

#[test]
fn configuration_and_unplug() {
    demand_clean("configuration_and_unplug", 100);
}

#[test]
fn configurations_race() {
    demand_clean("configurations_race", 100);
}

#[test]
fn configuration_of_a_function() {
    demand_clean("configuration_of_a_function", 3);
}

#[test]
fn descriptors_asked() {
    demand_clean("descriptors_asked", 1);
}

/// When and where the USB stack completes, and which one it is, makes no difference.
#[test]
fn with_every_usb_stack() {
    use Completion::{Dispatch, Inline, InlinePending, Passive, Racing};
    let names = ["setting_with_io", "setting_refused", "settings_race", "configuration_with_io"];
    let mut machine = machine();
    for completion in [Dispatch, Passive, Inline, InlinePending, Racing] {
        for (name, face) in names.iter().flat_map(|name| [(name, Face::Usb3), (name, Face::Usb2)]) {
            let scenario =
                scenario(name).with_devices(|plug| (plug.face, plug.completion) = (face, completion));
            for seed in 0..3 {
                let life = live(&mut machine, &scenario, Choices::Seed(seed));
                assert_clean(&life, &format!("{name} with {face:?} and {completion:?}, seed {seed}"));
            }
        }
    }
}
