//! Requests of user mode: cancelled, abandoned, hostile.

use ntsim::{
    machine::Choices,
    scenario::{Completion, Face},
};
use scenarios::{assert_clean, demand_clean, live, machine, scenario};

const SEEDS: u64 = 20;

#[test]
fn cancelled() {
    demand_clean("cancelled", SEEDS);
}

#[test]
fn cancel_race() {
    demand_clean("cancel_race", 200);
}

#[test]
fn abandoned() {
    demand_clean("abandoned", SEEDS);
}

#[test]
fn process_exit() {
    demand_clean("process_exit", SEEDS);
}

#[test]
fn two_files() {
    demand_clean("two_files", SEEDS);
}

#[test]
fn abort_and_reset() {
    demand_clean("abort_and_reset", SEEDS);
}

#[test]
fn split() {
    demand_clean("split", 1);
}

#[test]
fn hostile_lengths() {
    demand_clean("hostile_lengths", 1);
}

#[test]
fn hostile_endpoints() {
    demand_clean("hostile_endpoints", 1);
}

#[test]
fn hostile_setups() {
    demand_clean("hostile_setups", 1);
}

#[test]
fn without_access() {
    demand_clean("without_access", 1);
}

#[test]
fn completion_passive() {
    demand_clean("completion_passive", SEEDS);
}

#[test]
fn completion_inline() {
    demand_clean("completion_inline", SEEDS);
}

#[test]
fn completion_inline_pending() {
    demand_clean("completion_inline_pending", SEEDS);
}

#[test]
fn completion_racing() {
    demand_clean("completion_racing", SEEDS);
}

#[test]
fn old_stack() {
    demand_clean("old_stack", SEEDS);
}

#[test]
fn cancel_schedule() {
    demand_clean("cancel_schedule", SEEDS);
}

#[test]
fn cleanup_schedule() {
    demand_clean("cleanup_schedule", SEEDS);
}

#[test]
fn requests_race() {
    demand_clean("requests_race", 200);
}

#[test]
fn read_and_write_file() {
    demand_clean("read_and_write_file", 1);
}

/// When and where the USB stack completes, and which one it is, makes no difference to requests and queries.
#[test]
fn everything_with_every_usb_stack() {
    use Completion::{Dispatch, Inline, InlinePending, Passive, Racing};
    let names = [
        "cancelled",
        "cancel_race",
        "cancel_schedule",
        "cleanup_schedule",
        "requests_race",
        "abandoned",
        "process_exit",
        "two_files",
        "abort_and_reset",
        "hostile_setups",
        "rebalance",
        "rebalance_race",
        "restart_while_started",
        "stop_is_cancelled",
        "stop_schedule",
        "query_stop_schedule",
        "remove_is_vetoed",
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
