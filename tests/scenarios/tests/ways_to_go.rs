//! Every way in which a device can go: `USBD_CloseHandle` comes before the forward of REMOVE.

use ntsim::{
    machine::Choices,
    scenario::{Completion, Face, library},
};
use scenarios::{assert_clean, demand_clean, demand_clean_in, live, machine, order, scenario};

const SEEDS: u64 = 20;

#[test]
fn orderly() {
    demand_clean("orderly", SEEDS);
}

#[test]
fn surprise_with_io_in_flight() {
    demand_clean("surprise_with_io", SEEDS);
}

#[test]
fn surprise_with_an_open_handle() {
    demand_clean("surprise_with_open_handle", SEEDS);
}

#[test]
fn never_started() {
    demand_clean("never_started", SEEDS);
}

#[test]
fn never_started_and_pulled() {
    demand_clean("never_started_and_pulled", SEEDS);
}

#[test]
fn start_failed() {
    demand_clean("start_failed", SEEDS);
}

#[test]
fn start_failed_above() {
    demand_clean("start_failed_above", SEEDS);
}

#[test]
fn add_device_fails_after_the_handle() {
    demand_clean("add_device_fails_after_the_handle", SEEDS);
}

#[test]
fn add_device_fails_above() {
    demand_clean("add_device_fails_above", SEEDS);
}

#[test]
fn disable_and_enable() {
    demand_clean("disable_and_enable", SEEDS);
}

#[test]
fn rebalance_fails_at_restart() {
    demand_clean("rebalance_fails_at_restart", SEEDS);
}

#[test]
fn surprise_while_stopped() {
    demand_clean("surprise_while_stopped", SEEDS);
}

#[test]
fn unload() {
    demand_clean("unload", SEEDS);
}

#[test]
fn replug_while_the_old_stack_waits() {
    demand_clean("replug_while_the_old_stack_waits", SEEDS);
}

/// The named schedule: a read passes the gate, the removal runs as far as it can, the read is sent.
#[test]
fn gate_schedule() {
    demand_clean("gate_schedule", SEEDS);
}

#[test]
fn gate_schedule_of_remove() {
    demand_clean("gate_schedule_of_remove", SEEDS);
}

#[test]
fn read_and_unplug_race() {
    demand_clean("read_and_unplug_race", 200);
}

/// The cable is pulled before each of the requests that START sends.
#[test]
fn pulled_during_start() {
    let names = library::names().into_iter().map(|(name, _)| name);
    let mut machine = machine();
    let mut played = 0;
    for name in names.filter(|name| name.starts_with("pulled_during_start_")) {
        demand_clean_in(&mut machine, &name, 5);
        played += 1;
    }
    assert!(played >= 10, "only {played}");
}

/// When and where the USB stack completes, and which one it is, makes no difference to how a device goes.
#[test]
fn every_way_with_every_usb_stack() {
    use Completion::{Dispatch, Inline, InlinePending, Never, Passive, Racing};
    let mut machine = machine();
    for (face, completion) in [Dispatch, Passive, Inline, InlinePending, Racing, Never]
        .into_iter()
        .flat_map(|completion| [(Face::Usb3, completion), (Face::Usb2, completion)])
    {
        for scenario in library::ways_to_go() {
            let what = format!("{} with {face:?} and {completion:?}", scenario.name);
            // A transfer that never ends leaves nothing to compare.
            let transfers = ["orderly", "disable_and_enable", "read_and_unplug_race"];
            if completion == Never && transfers.contains(&scenario.name.as_str()) {
                continue;
            }
            let scenario = scenario.with_devices(|plug| (plug.face, plug.completion) = (face, completion));
            for seed in 0..3 {
                let life = live(&mut machine, &scenario, Choices::Seed(seed));
                assert_clean(&life, &what);
                assert_eq!(order::handles_are_closed_in_time(&life.events), Ok(()), "{what}");
            }
        }
    }
}

/// The demand above is not empty: in each of these a handle is created, and REMOVE is forwarded as often as a
/// stack was removed.
#[test]
fn each_way_creates_a_handle_and_forwards_remove() {
    let removes = [
        ("orderly", 1),
        ("surprise_with_io", 1),
        ("surprise_with_open_handle", 1),
        ("never_started", 1),
        ("never_started_and_pulled", 1),
        ("start_failed", 1),
        ("start_failed_above", 1),
        ("add_device_fails_after_the_handle", 0),
        ("add_device_fails_above", 1),
        ("disable_and_enable", 2),
        ("rebalance_fails_at_restart", 1),
        ("unload", 1),
    ];
    let mut machine = machine();
    for (name, count) in removes {
        let life = live(&mut machine, &scenario(name), Choices::InTurn);
        assert!(order::handles_created(&life.events) > 0, "{name}");
        assert_eq!(order::removes_forwarded(&life.events), count, "{name}");
    }
}
