//! Open files: claims, handles, privileges.

use ntsim::{
    machine::Choices,
    scenario::{Completion, Face},
};
use scenarios::{assert_clean, demand_clean, live, machine, scenario};

#[test]
fn claim_is_enforced() {
    demand_clean("claim_is_enforced", 20);
}

#[test]
fn claim_of_what_is_in_use() {
    demand_clean("claim_of_what_is_in_use", 20);
}

#[test]
fn claims_of_a_composite_device() {
    demand_clean("claims_of_a_composite_device", 20);
}

#[test]
fn handles_forged() {
    demand_clean("handles_forged", 1);
}

#[test]
fn handles_stale() {
    demand_clean("handles_stale", 20);
}

#[test]
fn handle_closed_with_io() {
    demand_clean("handle_closed_with_io", 20);
}

#[test]
fn claimer_exits() {
    demand_clean("claimer_exits", 50);
}

#[test]
fn claimer_closes_with_io() {
    demand_clean("claimer_closes_with_io", 50);
}

#[test]
fn claims_and_unplug() {
    demand_clean("claims_and_unplug", 100);
}

#[test]
fn claims_and_stop() {
    demand_clean("claims_and_stop", 50);
}

#[test]
fn claims_and_pulled_while_stopped() {
    demand_clean("claims_and_pulled_while_stopped", 20);
}

#[test]
fn privileges() {
    demand_clean("privileges", 2);
}

#[test]
fn privileges_of_interfaces() {
    demand_clean("privileges_of_interfaces", 20);
}

#[test]
fn claim_races_cleanup() {
    demand_clean("claim_races_cleanup", 200);
}

#[test]
fn claim_schedule_of_cleanup() {
    demand_clean("claim_schedule_of_cleanup", 20);
}

#[test]
fn claims_race() {
    demand_clean("claims_race", 200);
}

#[test]
fn create_without_memory() {
    demand_clean("create_without_memory", 20);
}

#[test]
fn sender_without_file() {
    demand_clean("sender_without_file", 20);
}

/// When and where the USB stack completes, and which one it is, makes no difference to who may do what.
#[test]
fn claims_with_every_usb_stack() {
    use Completion::{Dispatch, Inline, InlinePending, Passive, Racing};
    let names = [
        "claim_is_enforced",
        "handle_closed_with_io",
        "claimer_exits",
        "claims_and_stop",
        "claim_races_cleanup",
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
