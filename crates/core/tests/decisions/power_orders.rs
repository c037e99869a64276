//! Power: every order of the events that may meet.

use std::collections::BTreeSet;

use usbclient_core::power::Settings;

use crate::power_world::{DUE, EAGER, Explorer, QUERY, REQUEST, SECOND_REQUEST, SLEEP, SURPRISE, WAKE};

fn explore(left: u8) -> Explorer {
    Explorer::explore(left, EAGER)
}

#[test]
fn a_request_meets_idleness_in_every_order() {
    let seen = explore(REQUEST | SECOND_REQUEST | DUE | WAKE);
    assert!(seen.quiet > 0);
    let jobs: Vec<&str> = seen.jobs.iter().map(String::as_str).collect();
    assert_eq!(jobs, ["Arm", "CancelIdle", "RequestUp", "SubmitIdle"]);
}

#[test]
fn the_system_sleeps_in_every_order() {
    assert!(explore(REQUEST | DUE | SLEEP).quiet > 0);
    assert!(explore(DUE | WAKE | SLEEP).quiet > 0);
}

#[test]
fn pnp_comes_in_every_order() {
    assert!(explore(REQUEST | DUE | QUERY).quiet > 0);
    assert!(explore(REQUEST | DUE | WAKE | SURPRISE).quiet > 0);
    assert!(explore(DUE | QUERY | SURPRISE).quiet > 0);
}

#[test]
fn everything_comes_in_every_order() {
    let seen = explore(REQUEST | DUE | SLEEP | WAKE | QUERY | SURPRISE);
    assert!(seen.seen.len() > 1_000, "{} worlds", seen.seen.len());
}

#[test]
fn a_device_whose_settings_are_off_is_never_armed_nor_suspended() {
    let seen = Explorer::explore(REQUEST | DUE | SLEEP | QUERY | SURPRISE, Settings::OFF);
    assert_eq!(seen.jobs, BTreeSet::new());
}
