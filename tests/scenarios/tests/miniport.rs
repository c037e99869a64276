//! The `ndis` kind of the handle registration layer over the imports of a miniport driver in the simulated kernel.
//!
//! Build the specimens first: `cargo xtask build --specimens`.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use nt_trace::{
    EventKind, NtStatus,
    event::{Callback, Event},
};
use ntsim::{
    campaign::{
        Record,
        faults::{Bounds, fail_each},
        specimens::Table,
        subject::Subject,
    },
    life::{Life, play},
    machine::{Machine, Options},
    scenario::{DEVICE, Expected, Plug, Scenario, Step},
};
use scenarios::assert_clean;

const FILE_NOT_FOUND: NtStatus = NtStatus(0xC001_001B);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn machine(name: &str) -> Machine {
    let path = root().join("target/driver/specimens").join(name).with_extension("sys");
    assert!(path.is_file(), "{} is not there: make it with `cargo xtask build --specimens`", path.display());
    Machine::load(&path, Options::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What the specimens of miniport drivers play.
fn scenario() -> Scenario {
    let table = Table::read(&root().join("tests/specimens")).expect("the table of specimens");
    table.find("ndis_file").expect("the specimen").1.clone()
}

/// What happened between a beginning and the end of `MiniportInitializeEx`, for each of its calls.
fn initialisations(life: &Life) -> Vec<&[Event]> {
    let mut found = Vec::new();
    let mut begun = None;
    for (index, event) in life.events.iter().enumerate() {
        match &event.kind {
            EventKind::CallbackEnter(enter) if is_initialise(enter.callback) => begun = Some(index),
            EventKind::CallbackLeave(leave) if is_initialise(leave.callback) => {
                found.push(&life.events[begun.take().expect("it began")..=index]);
            }
            _ => {}
        }
    }
    found
}

const fn is_initialise(callback: Callback) -> bool {
    matches!(callback, Callback::MiniportInitialize { .. })
}

fn count(events: &[Event], what: fn(&EventKind) -> bool) -> usize {
    events.iter().filter(|event| what(&event.kind)).count()
}

#[test]
fn a_file_is_read_and_closed_in_each_initialisation() {
    let life = play(&mut machine("ndis_file"), &scenario());
    assert_clean(&life, "ndis_file");
    let initialisations = initialisations(&life);
    // A start, one after a stop, and that of another device.
    assert_eq!(initialisations.len(), 3);
    for events in &initialisations {
        let opened = |kind: &EventKind| matches!(kind, EventKind::NdisFileOpened(it) if it.length == 32);
        assert_eq!(count(events, opened), 1);
        assert_eq!(count(events, |kind| matches!(kind, EventKind::NdisFileMapped(_))), 2);
        assert_eq!(count(events, |kind| matches!(kind, EventKind::NdisFileUnmapped(_))), 2);
        assert_eq!(count(events, |kind| matches!(kind, EventKind::NdisFileClosed(_))), 1);
    }
    let closed = count(&life.events, |kind| matches!(kind, EventKind::NdisFileClosed(_)));
    assert_eq!(closed, initialisations.len(), "none is closed outside of initialisation");
    let not_checked = life.summary().not_checked;
    assert!(not_checked.iter().any(|what| what.starts_with("NDIS")), "{not_checked:?}");
}

/// Without the file the adapter is not initialised, is not halted either, and its driver goes as it should.
#[test]
fn a_file_that_is_not_there_fails_the_start() {
    let mut scenario = scenario();
    scenario.steps = vec![
        Step::Plug(Plug { expect: Expected::status(FILE_NOT_FOUND), ..Plug::new(DEVICE, "loopback-hs") }),
        Step::Unplug { device: DEVICE.into() },
        Step::Unload,
    ];
    let life = play(&mut machine("ndis_file"), &scenario);
    assert_clean(&life, "without the file");
    let halted = |kind: &EventKind| match kind {
        EventKind::CallbackEnter(enter) => matches!(enter.callback, Callback::MiniportHalt { .. }),
        _ => false,
    };
    assert_eq!(count(&life.events, halted), 0);
}

/// Each documented failure of each routine of `ndis.sys`, at each of its calls: no rule is broken, no file stays open.
#[test]
fn every_failing_call_closes_what_was_opened() {
    let mut machine = machine("ndis_file");
    let mut failed = BTreeSet::new();
    let mut findings = Vec::new();
    let subject = Subject { scenario: scenario(), written_for_it: true };
    let told = fail_each(&mut machine, &subject, Bounds::default(), &mut |record| match record {
        Record::Sites { seen, failed: these } => {
            assert_eq!(seen, these, "every place whose calls may fail");
            failed.extend(these);
        }
        Record::Finding(finding) => findings.push(finding),
        _ => {}
    });
    assert!(told.is_ok(), "{told:?}");
    assert!(findings.is_empty(), "{findings:#?}");
    let failed: BTreeSet<&str> = failed.iter().filter_map(|site| Some(site.split_once('+')?.0)).collect();
    let expected =
        ["NdisMRegisterMiniportDriver", "NdisMSetMiniportAttributes", "NdisMapFile", "NdisOpenFile"];
    assert!(failed.iter().eq(expected.iter()), "{failed:?}");
}

/// What types cannot keep a driver from: the layer says so, and the simulator sees it.
#[test]
fn a_file_that_is_forgotten_is_reported() {
    let life = play(&mut machine("ndis_file_forgotten"), &scenario());
    let rules: BTreeSet<&str> = life.violations.iter().map(|violation| violation.rule.as_ref()).collect();
    assert_eq!(rules, BTreeSet::from(["NdisFileLeftOpen"]));
    for events in initialisations(&life) {
        let reported = |kind: &EventKind| match kind {
            EventKind::DebugPrint(print) => print.text.trim_end() == "1 files left open",
            _ => false,
        };
        assert_eq!(count(events, reported), 1);
    }
}
