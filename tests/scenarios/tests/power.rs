//! Sleep, hibernation, shutdown, and device states.
//!
//! usbclient owns its device's power policy.

use scenarios::{demand_clean, demand_clean_everywhere};

const SEEDS: u64 = 20;

#[test]
fn each_state() {
    demand_clean_everywhere("sleep_each_state", SEEDS);
}

#[test]
fn io_before_and_after() {
    demand_clean_everywhere("sleep_with_io_before_and_after", SEEDS);
}

#[test]
fn io_during() {
    demand_clean("sleep_with_io_during", 100);
}

#[test]
fn unasked() {
    demand_clean_everywhere("sleep_unasked", SEEDS);
}

#[test]
fn refused_above() {
    demand_clean("sleep_refused_above", SEEDS);
}

#[test]
fn pulled_asleep() {
    demand_clean("pulled_while_the_system_sleeps", SEEDS);
}

#[test]
fn with_pnp() {
    demand_clean_everywhere("sleep_and_pnp", SEEDS);
}

#[test]
fn with_pnp_at_once() {
    demand_clean("sleep_and_pnp_at_once", 100);
}

#[test]
fn wake_that_nobody_hears() {
    demand_clean("wake_that_nobody_hears", SEEDS);
}

#[test]
fn shut_down() {
    demand_clean("shut_down", SEEDS);
}

#[test]
fn reboot() {
    demand_clean("reboot_with_io_before", SEEDS);
}

#[test]
fn device_asleep_with_io() {
    demand_clean("device_asleep_with_io", SEEDS);
}

#[test]
fn idle_device() {
    demand_clean_everywhere("idle_device", 20);
}

#[test]
fn idle_and_pnp() {
    demand_clean_everywhere("idle_and_pnp", 20);
}

#[test]
fn idle_races() {
    demand_clean_everywhere("idle_races", 100);
}

#[test]
fn idle_pulled() {
    demand_clean_everywhere("idle_pulled", 100);
}

#[test]
fn wakes_by_itself() {
    demand_clean_everywhere("wakes_by_itself", 20);
}

#[test]
fn wake_races() {
    demand_clean_everywhere("wake_races", 100);
}

#[test]
fn check_boxes() {
    demand_clean_everywhere("check_boxes", 30);
}

#[test]
fn check_boxes_and_pnp() {
    demand_clean_everywhere("check_boxes_and_pnp", 30);
}
