//! Every control code of the interface can pass: some scenario of the library gets success for it.

use std::collections::{BTreeMap, BTreeSet};

use nt_trace::{
    Event, ObjectId,
    event::{EventKind, IrpCreated, IrpFinished},
};
use ntsim::machine::Choices;
use scenarios::{assert_clean, live, machine, scenario};
use usbclient_protocol::control_code;

/// Scenarios that have every code among them.
const SCENARIOS: [&str; 12] = [
    "whole_life",
    "configuration_of_a_function",
    "configuration_with_io",
    "cycle_port",
    "descriptors_asked",
    "isoch_at_a_frame",
    "isoch_aborted",
    "policies",
    "privileges_of_interfaces",
    "reader",
    "setting_after_reset",
    "streams_closed_with_io",
];

/// The codes of requests that ended with success.
fn passed(events: &[Event]) -> BTreeSet<u32> {
    let mut codes: BTreeMap<ObjectId, u32> = BTreeMap::new();
    let mut passed = BTreeSet::new();
    for event in events {
        match &event.kind {
            EventKind::IrpCreated(IrpCreated { irp, control_code, .. }) => {
                codes.insert(*irp, *control_code);
            }
            EventKind::IrpFinished(IrpFinished { irp, status, .. }) if status.is_success() => {
                passed.extend(codes.get(irp));
            }
            _ => {}
        }
    }
    passed
}

#[test]
fn every_code_can_pass() {
    let mut machine = machine();
    let mut seen = BTreeSet::new();
    for name in SCENARIOS {
        let life = live(&mut machine, &scenario(name), Choices::InTurn);
        assert_clean(&life, name);
        seen.extend(passed(&life.events));
    }
    let never: Vec<_> =
        control_code::TABLE.iter().filter(|code| !seen.contains(&code.value)).map(|code| code.name).collect();
    assert!(never.is_empty(), "never passed: {never:?}");
}
