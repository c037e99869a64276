//! A campaign of failures over the driver: each call that may fail does fail, in a life of its own.

use std::collections::BTreeSet;

use ntsim::{
    campaign::faults::{Bounds, campaign},
    scenario::{DEVICE, Expected, Ioctl, Open, Plug, Scenario, Step},
};
use scenarios::{machine, scenario};
use usb_models::models::loopback::BULK_IN;

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
fn survives(scenarios: &[Scenario], bounds: Bounds) {
    let mut machine = machine();
    let report = match campaign(&mut machine, scenarios, bounds) {
        Ok(report) => report,
        Err(stop) => panic!("no new life: {stop}"),
    };
    println!("{report}");
    assert_eq!(report.findings().count(), 0, "{report}");
    assert_eq!(report.failed(), report.seen(), "every place whose calls may fail");
    let failed: BTreeSet<_> = report.failed().iter().map(|site| site.routine).collect();
    for import in machine.kernel().imports.iter().filter(|import| !import.failures.is_empty()) {
        assert!(failed.contains(import.name), "no call of {} failed", import.name);
    }
    for row in &report.rows {
        assert!(row.injected > 0, "no call of {} failed", row.scenario);
    }
}

fn named(names: &[&str]) -> Vec<Scenario> {
    names.iter().map(|name| scenario(name)).collect()
}

/// More requests at a time than a pipe has room for from the start, so that room is made for them.
fn many_requests() -> Scenario {
    let names: Vec<String> = (0..40).map(|number| format!("read {number}")).collect();
    let mut steps = vec![Step::Plug(Plug::new(DEVICE, "loopback-hs")), Step::Open(Open::new(DEVICE, "file"))];
    let read = || Ioctl::read("file", BULK_IN, 1024);
    steps.extend(names.iter().map(|name| Step::Submit { request: name.clone(), ioctl: read() }));
    steps.push(Step::CancelFile { file: "file".into() });
    let expect = Expected::anything;
    steps.extend(names.iter().map(|name| Step::Wait { request: name.clone(), expect: expect() }));
    steps.push(Step::Close { file: "file".into() });
    Scenario { name: "many_requests".into(), about: "forty reads at a time".into(), steps }
}

#[test]
fn the_driver_survives_every_failing_call() {
    let mut scenarios = named(SCENARIOS);
    scenarios.push(many_requests());
    survives(&scenarios, Bounds::default());
}

/// Each of the calls, not the first and the last only, where many are made for many requests.
#[test]
fn the_driver_survives_every_failing_call_for_many_requests() {
    survives(&[many_requests()], Bounds { first: u32::MAX, ..Bounds::default() });
}

/// What is called because a call has failed can fail as well.
#[test]
fn the_driver_survives_two_failing_calls() {
    let scenarios = named(&["short_life", "rebalance_fails_at_restart"]);
    survives(&scenarios, Bounds { first: 2, last: 1, pairs: true });
}
