//! A campaign of failures over the driver: each call that may fail does fail, in a life of its own.

use ntsim::campaign::faults::{Bounds, Report, campaign};
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

fn report() -> Report {
    let scenarios: Vec<_> = SCENARIOS.iter().map(|name| scenario(name)).collect();
    match campaign(&mut machine(), &scenarios, Bounds::default()) {
        Ok(report) => report,
        Err(stop) => panic!("no new life: {stop}"),
    }
}

/// No rule is broken, nothing leaks, nobody waits for ever, every handle is closed in time, every device can be
/// removed and the driver be unloaded, whichever call fails.
#[test]
fn the_driver_survives_every_failing_call() {
    let report = report();
    println!("{report}");
    assert_eq!(report.findings().count(), 0, "{report}");
    assert_eq!(report.failed(), report.seen(), "every place whose calls may fail");
    for row in &report.rows {
        assert!(row.injected > 0, "no call of {} failed", row.scenario);
    }
}
