//! What the PnP manager asks, takes back, and does without removing the device.

use scenarios::demand_clean;

const SEEDS: u64 = 20;

#[test]
fn rebalance() {
    demand_clean("rebalance", SEEDS);
}

#[test]
fn stop_is_cancelled() {
    demand_clean("stop_is_cancelled", SEEDS);
}

#[test]
fn remove_is_cancelled() {
    demand_clean("remove_is_cancelled", SEEDS);
}

#[test]
fn remove_is_vetoed() {
    demand_clean("remove_is_vetoed", SEEDS);
}

#[test]
fn queries_refused_above() {
    demand_clean("queries_refused_above", SEEDS);
}

#[test]
fn spurious_cancels() {
    demand_clean("spurious_cancels", SEEDS);
}

#[test]
fn restart_while_started() {
    demand_clean("restart_while_started", SEEDS);
}

#[test]
fn information() {
    demand_clean("information", SEEDS);
}

#[test]
fn other_majors() {
    demand_clean("other_majors", SEEDS);
}

#[test]
fn stop_schedule() {
    demand_clean("stop_schedule", SEEDS);
}

#[test]
fn query_stop_schedule() {
    demand_clean("query_stop_schedule", SEEDS);
}

#[test]
fn rebalance_race() {
    demand_clean("rebalance_race", 200);
}
