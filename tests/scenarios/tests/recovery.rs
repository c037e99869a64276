//! Pipes and the port are reset, the port is cycled.

use ntsim::{
    machine::Choices,
    scenario::{Completion, Face, library},
};
use scenarios::{assert_clean, demand_clean, demand_clean_in, live, machine, scenario};

const SEEDS: u64 = 20;

#[test]
fn reset_pipe_with_io() {
    demand_clean("reset_pipe_with_io", SEEDS);
}

#[test]
fn reset_pipe_schedule() {
    demand_clean("reset_pipe_schedule", SEEDS);
}

#[test]
fn reset_port_with_io() {
    demand_clean("reset_port_with_io", SEEDS);
}

#[test]
fn reset_port_and_unplug() {
    demand_clean("reset_port_and_unplug", 200);
}

#[test]
fn recovery_is_cancelled() {
    demand_clean("recovery_is_cancelled", SEEDS);
}

#[test]
fn recoveries_race() {
    demand_clean("recoveries_race", 200);
}

#[test]
fn recovery_and_stop() {
    demand_clean("recovery_and_stop", 100);
}

#[test]
fn recovery_while_stopped() {
    demand_clean("recovery_while_stopped", SEEDS);
}

#[test]
fn recovery_of_a_closed_file() {
    demand_clean("recovery_of_a_closed_file", SEEDS);
}

#[test]
fn recovery_from_above() {
    demand_clean("recovery_from_above", 3);
}

#[test]
fn recovery_inputs() {
    demand_clean("recovery_inputs", 1);
}

#[test]
fn cycle_port() {
    demand_clean("cycle_port", SEEDS);
}

#[test]
fn cycle_port_with_io() {
    demand_clean("cycle_port_with_io", SEEDS);
}

#[test]
fn cycle_port_and_unplug() {
    demand_clean("cycle_port_and_unplug", 100);
}

#[test]
fn pulled_in_every_step() {
    let mut machine = machine();
    let names = library::names().into_iter().map(|(name, _)| name);
    for name in names.filter(|name| name.starts_with("pulled_during_")) {
        demand_clean_in(&mut machine, &name, 5);
    }
}

/// When and where the USB stack completes, and which one it is, makes no difference.
#[test]
fn with_every_usb_stack() {
    use Completion::{Dispatch, Inline, InlinePending, Passive, Racing};
    let names = [
        "reset_pipe_with_io",
        "reset_port_with_io",
        "recoveries_race",
        "recovery_and_stop",
        "cycle_port_with_io",
    ];
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
