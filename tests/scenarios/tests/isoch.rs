//! Isochronous transfers of the real driver.

use ntsim::{
    machine::Choices,
    scenario::{Completion, Face},
};
use scenarios::{assert_clean, demand_clean, live, machine, scenario};

#[test]
fn isoch_loopback_fs() {
    demand_clean("isoch_loopback_fs", 3);
}

#[test]
fn isoch_loopback_hs() {
    demand_clean("isoch_loopback_hs", 3);
}

#[test]
fn isoch_loopback_ss() {
    demand_clean("isoch_loopback_ss", 3);
}

#[test]
fn isoch_queued() {
    demand_clean("isoch_queued", 10);
}

#[test]
fn isoch_at_a_frame() {
    demand_clean("isoch_at_a_frame", 3);
}

#[test]
fn isoch_bad_start_frame() {
    demand_clean("isoch_bad_start_frame", 5);
}

#[test]
fn isoch_late() {
    demand_clean("isoch_late", 3);
}

#[test]
fn isoch_cancelled() {
    demand_clean("isoch_cancelled", 20);
}

#[test]
fn isoch_cancel_race() {
    demand_clean("isoch_cancel_race", 100);
}

#[test]
fn isoch_abandoned() {
    demand_clean("isoch_abandoned", 20);
}

#[test]
fn isoch_aborted() {
    demand_clean("isoch_aborted", 20);
}

#[test]
fn isoch_recalled() {
    demand_clean("isoch_recalled", 20);
}

#[test]
fn isoch_unplugged() {
    demand_clean("isoch_unplugged", 20);
}

#[test]
fn isoch_unplug_race() {
    demand_clean("isoch_unplug_race", 100);
}

#[test]
fn isoch_not_mapped() {
    demand_clean("isoch_not_mapped", 3);
}

#[test]
fn isoch_refused() {
    demand_clean("isoch_refused", 1);
}

#[test]
fn isoch_periods() {
    demand_clean("isoch_periods", 3);
}

#[test]
fn isoch_camera() {
    demand_clean("isoch_camera", 3);
}

/// When and where the USB stack completes, and which one it is, makes no difference.
#[test]
fn every_scenario_with_every_usb_stack() {
    use Completion::{Dispatch, Inline, InlinePending, Passive, Racing};
    let names =
        ["isoch_loopback_fs", "isoch_loopback_hs", "isoch_aborted", "isoch_cancelled", "isoch_recalled"];
    let mut machine = machine();
    for completion in [Dispatch, Passive, Inline, InlinePending, Racing] {
        for (name, face) in names.iter().flat_map(|name| [(name, Face::Usb3), (name, Face::Usb2)]) {
            let scenario =
                scenario(name).with_devices(|plug| (plug.face, plug.completion) = (face, completion));
            for seed in 0..2 {
                let life = live(&mut machine, &scenario, Choices::Seed(seed));
                assert_clean(&life, &format!("{name} with {face:?} and {completion:?}, seed {seed}"));
            }
        }
    }
}
