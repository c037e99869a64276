//! A campaign of failures over the driver: each call that may fail does fail, in a life of its own.

use ntsim::campaign::faults::{Bounds, campaign};
use scenarios::{machine, scenario};

/// Lives that differ in what the driver calls and when.
const SCENARIOS: &[&str] = &[
    "short_life",
    "orderly",
    "disable_and_enable",
    "unload",
    "rebalance",
    "surprise_with_io",
    "surprise_with_open_handle",
    "surprise_while_stopped",
    "replug_while_the_old_stack_waits",
    "gate_schedule",
    "old_stack",
    "completion_inline",
    "completion_racing",
    "two_files",
    "cancelled",
    "process_exit",
    "abort_and_reset",
    "split",
];

/// No rule is broken, nothing leaks, nobody waits for ever, every handle is closed in time, every device can be
/// removed and the driver be unloaded, whichever calls fail.
fn survives(names: &[&str], bounds: Bounds) {
    let scenarios: Vec<_> = names.iter().map(|name| scenario(name)).collect();
    let report = match campaign(&mut machine(), &scenarios, bounds) {
        Ok(report) => report,
        Err(stop) => panic!("no new life: {stop}"),
    };
    println!("{report}");
    assert_eq!(report.findings().count(), 0, "{report}");
    assert_eq!(report.failed(), report.seen(), "every place whose calls may fail");
    for row in &report.rows {
        assert!(row.injected > 0, "no call of {} failed", row.scenario);
    }
}

#[test]
fn the_driver_survives_every_failing_call() {
    survives(SCENARIOS, Bounds::default());
}

/// What is called because a call has failed can fail as well.
#[test]
fn the_driver_survives_two_failing_calls() {
    survives(&["short_life", "rebalance_fails_at_restart"], Bounds { first: 2, last: 1, pairs: true });
}
