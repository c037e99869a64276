//! Bulk streams of the real driver.

use ntsim::{machine::Choices, scenario::Completion};
use scenarios::{assert_clean, demand_clean, live, machine, scenario};

#[test]
fn loopback() {
    demand_clean("streams_loopback", 10);
}

#[test]
fn in_flight() {
    demand_clean("streams_in_flight", 10);
}

#[test]
fn opened_again() {
    demand_clean("streams_opened_again", 10);
}

#[test]
fn refused() {
    demand_clean("streams_refused", 10);
}

#[test]
fn of_another() {
    demand_clean("streams_of_another", 10);
}

#[test]
fn not_at_high_speed() {
    demand_clean("streams_not_at_high_speed", 10);
}

#[test]
fn busy() {
    demand_clean("streams_busy", 10);
}

#[test]
fn cancelled() {
    demand_clean("streams_cancelled", 10);
}

#[test]
fn aborted() {
    demand_clean("streams_aborted", 10);
}

#[test]
fn reset() {
    demand_clean("streams_reset", 10);
}

#[test]
fn halted() {
    demand_clean("streams_halted", 10);
}

#[test]
fn closed_with_io() {
    demand_clean("streams_closed_with_io", 10);
}

#[test]
fn abandoned() {
    demand_clean("streams_abandoned", 10);
}

#[test]
fn stopped() {
    demand_clean("streams_stopped", 10);
}

#[test]
fn unplugged() {
    demand_clean("streams_unplugged", 10);
}

#[test]
fn unplug_race() {
    demand_clean("streams_unplug_race", 100);
}

#[test]
fn requests_race() {
    demand_clean("streams_requests_race", 150);
}

#[test]
fn not_allocated() {
    demand_clean("streams_not_allocated", 10);
}

#[test]
fn denied() {
    demand_clean("streams_denied", 10);
}

#[test]
fn fewer() {
    demand_clean("streams_fewer", 10);
}

#[test]
fn not_enabled() {
    demand_clean("streams_not_enabled", 10);
}

#[test]
fn mass_storage() {
    demand_clean("streams_mass_storage", 5);
}

/// When and where the USB stack completes makes no difference.
#[test]
fn every_completion() {
    use Completion::{Dispatch, Inline, InlinePending, Passive, Racing};
    let names = [
        "streams_loopback",
        "streams_cancelled",
        "streams_reset",
        "streams_closed_with_io",
        "streams_stopped",
    ];
    let mut machine = machine();
    for completion in [Dispatch, Passive, Inline, InlinePending, Racing] {
        for name in names {
            let scenario = scenario(name).with_devices(|plug| plug.completion = completion);
            for seed in 0..2 {
                let life = live(&mut machine, &scenario, Choices::Seed(seed));
                assert_clean(&life, &format!("{name} with {completion:?}, seed {seed}"));
            }
        }
    }
}
