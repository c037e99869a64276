//! A campaign of failures over the driver: each call that may fail does fail, in a life of its own.

use std::collections::BTreeSet;

use ntsim::campaign::{
    Finding, Record,
    faults::{Bounds, fail_each},
    subject,
};
use scenarios::machine;

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
    "many_requests",
    // What a loopback device has not.
    "isoch_loopback_hs",
    "streams_loopback",
    "setting_with_io",
    // What a driver does beside transfers.
    "reset_port_with_io",
    "partial_reads",
    "reader",
    "idle_device",
    "check_boxes",
];

/// What a campaign told.
#[derive(Default)]
struct Told {
    seen: BTreeSet<String>,
    failed: BTreeSet<String>,
    findings: Vec<Finding>,
}

impl Told {
    fn add(&mut self, record: Record) {
        match record {
            Record::Sites { seen, failed } => {
                assert!(!failed.is_empty(), "no call failed");
                self.seen.extend(seen);
                self.failed.extend(failed);
            }
            Record::Finding(finding) => self.findings.push(*finding),
            Record::Lives { lives, .. } => assert!(lives > 1),
            other => panic!("{other:?}"),
        }
    }
}

/// No rule is broken, nothing leaks, nobody waits for ever, every handle is closed in time, every device can be
/// removed and the driver be unloaded, whichever calls fail.
fn survives(scenarios: &[&str], bounds: Bounds) -> BTreeSet<String> {
    let mut machine = machine();
    let mut told = Told::default();
    for name in scenarios {
        let subject = subject::find(name).unwrap_or_else(|| panic!("there is no scenario {name}"));
        if let Err(stop) = fail_each(&mut machine, &subject, bounds, &mut |record| told.add(record)) {
            panic!("no new life: {stop}");
        }
    }
    assert!(told.findings.is_empty(), "{:#?}", told.findings);
    assert_eq!(told.failed, told.seen, "every place whose calls may fail");
    told.failed
}

fn all_imports_failed(failed: &BTreeSet<String>) {
    let machine = machine();
    let failed: BTreeSet<&str> = failed.iter().filter_map(|site| Some(site.split_once('+')?.0)).collect();
    for import in machine.kernel().imports.iter().filter(|import| !import.failures.is_empty()) {
        assert!(failed.contains(import.name), "no call of {} failed", import.name);
    }
}

#[test]
fn the_driver_survives_every_failing_call() {
    all_imports_failed(&survives(SCENARIOS, Bounds::default()));
}

/// Each of the calls, not the first and the last only, where many are made for many requests.
#[test]
fn the_driver_survives_every_failing_call_for_many_requests() {
    survives(&["many_requests"], Bounds { first: u32::MAX, ..Bounds::default() });
}

/// What is called because a call has failed can fail as well.
#[test]
fn the_driver_survives_two_failing_calls() {
    survives(&["short_life", "rebalance_fails_at_restart"], Bounds { first: 2, last: 1, pairs: true });
}
