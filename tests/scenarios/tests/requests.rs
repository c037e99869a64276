//! Requests of user mode: cancelled, abandoned, hostile.

use scenarios::demand_clean;

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
