//! Event tracing: what the driver tells a session that listens, and that it tells nothing otherwise.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use nt_trace::{
    Arg, Event, NtStatus, ObjectId,
    event::{Call, EventKind},
};
use ntsim::{life::Life, machine::Choices, scenario::Step};
use scenarios::{
    assert_clean, demand_clean, live, machine, scenario,
    traced::{as_written, field, names, traced, written},
};

const SEEDS: u64 = 20;

fn life_of(name: &str) -> Life {
    let life = live(&mut machine(), &scenario(name), Choices::InTurn);
    assert_clean(&life, name);
    life
}

fn calls(events: &[Event]) -> Vec<&str> {
    events.iter().filter_map(routine_of).collect()
}

fn routine_of(event: &Event) -> Option<&str> {
    if let EventKind::Call(Call { routine, .. }) = &event.kind { Some(routine.as_ref()) } else { None }
}

#[test]
fn a_life_is_told_from_its_beginning_to_its_end() {
    let life = life_of("traced_life");
    let told: Vec<_> = names(&life.events).into_iter().filter(|name| !name.starts_with("Transfer")).collect();
    assert_eq!(
        told,
        [
            "DeviceAdded",
            "DeviceStarted",
            "FileOpen",
            "DeviceChange",
            "FileCleanup",
            "FileClose",
            "DeviceStopped",
            "DeviceStarted",
            "SurpriseRemoval",
            "RemoveStart",
            "RemoveStage",
            "RemoveStage",
            "RemoveStage",
            "RemoveStage",
            "RemoveStop",
        ]
    );
    assert!(written(&life.events).iter().all(|event| event.wanted && event.flaw.is_empty()));
}

#[test]
fn a_transfer_is_told_with_its_endpoint_its_bytes_and_its_end() {
    let life = life_of("traced_life");
    let all = written(&life.events);
    let starts: Vec<_> = all.iter().filter(|event| event.name == "TransferStart").collect();
    let stops: Vec<_> = all.iter().filter(|event| event.name == "TransferStop").collect();
    // The recovery of the pipe is no transfer.
    assert_eq!((starts.len(), stops.len()), (4, 4));
    let first = starts[0];
    assert_eq!((field(first, "Endpoint"), field(first, "Length")), (Arg::Hex(1), Arg::Number(1024)));
    assert_eq!((first.level, first.keyword, first.opcode), (5, 8, 1));
    let stop = stops.iter().find(|stop| field(stop, "Request") == field(first, "Request")).unwrap();
    assert_eq!(
        (field(stop, "Moved"), field(stop, "Status")),
        (Arg::Number(1024), Arg::Status(NtStatus::SUCCESS))
    );
    let failed: Vec<_> = all.iter().filter(|event| event.name == "TransferFailed").collect();
    assert_eq!(failed.len(), 1, "the stall, and not the cancelled read");
    assert_eq!(field(failed[0], "UsbdStatus"), Arg::Hex(0xC000_0004));
}

#[test]
fn nothing_is_told_after_the_device_is_deleted() {
    let life = life_of("traced_life");
    let last = life.events.iter().rposition(|event| matches!(event.kind, EventKind::EtwWritten(_)));
    // The bus deletes the device below before, while REMOVE is there.
    let deleted = life.events.iter().rposition(|event| matches!(event.kind, EventKind::DeviceDeleted(_)));
    assert!(last < deleted, "the last event is told at {last:?}, the device is deleted at {deleted:?}");
}

#[test]
fn a_session_gets_what_it_asks_for() {
    let life = life_of("session_comes_and_goes");
    // Before the session: nothing. Then transfers of one echo; then errors, of which there are none; then the start
    // of a read, whose end nobody hears, and nothing of the removal.
    assert_eq!(
        names(&life.events),
        ["TransferStart", "TransferStop", "TransferStart", "TransferStop", "TransferStart"]
    );
}

#[test]
fn nobody_is_told_anything_when_nobody_listens() {
    let life = life_of("short_life");
    assert!(written(&life.events).is_empty());
    let routines = calls(&life.events);
    let of_tracing: Vec<_> = routines.into_iter().filter(|routine| routine.starts_with("Etw")).collect();
    assert_eq!(of_tracing, ["EtwRegister", "EtwSetInformation", "EtwUnregister"]);
}

#[test]
fn a_start_that_fails_is_told_with_its_step() {
    let mut failing = scenario("short_life");
    failing.steps.truncate(1);
    let Step::Plug(plug) = &mut failing.steps[0] else { panic!("short_life does not begin by plugging in") };
    plug.expect = ntsim::scenario::Expected::anything();
    failing.steps.splice(
        0..0,
        [
            Step::Trace { level: 2, keywords: u64::MAX },
            Step::FailCall { routine: "IoSetDeviceInterfaceState".into(), nth: 1, status: None },
        ],
    );
    let life = live(&mut machine(), &failing, Choices::InTurn);
    let all = written(&life.events);
    assert_eq!(names(&life.events), ["StartFailed"]);
    assert_eq!(field(all[0], "Step"), Arg::Text("interface".into()));
    assert!(matches!(field(all[0], "Status"), Arg::Status(status) if !status.is_success()));
}

#[test]
fn a_driver_works_without_its_provider() {
    for routine in ["EtwRegister", "EtwSetInformation"] {
        let mut machine = machine();
        machine.next_life(Choices::InTurn).unwrap();
        machine.kernel_mut().faults.by_routine.push(ntsim::kernel::fault::RoutineFault {
            routine: routine.into(),
            countdown: 1,
            status: NtStatus(0xC000_009A),
        });
        assert_clean(&ntsim::life::play(&mut machine, &scenario("traced_life")), routine);
    }
}

#[test]
fn sessions_in_other_orders() {
    demand_clean("traced_life", SEEDS);
    demand_clean("session_comes_and_goes", SEEDS);
}

/// What a session hears of these, every event of the page is among it.
const TELLING: [&str; 10] = [
    "add_device_fails_after_the_handle",
    "auto_clear_stall",
    "check_boxes_and_pnp",
    "claim_is_enforced",
    "descriptors_changing",
    "idle_device",
    "privileges",
    "pulled_while_the_system_sleeps",
    "rebalance",
    "settings_race",
];

/// It is told of a bug of the driver's own only: that a handle was not closed where it should be.
const NEVER: &str = "HandleDroppedOpen";

/// The events that `docs/events.md` has.
fn documented() -> BTreeSet<String> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/events.md")).unwrap();
    let (_, list) = page.split_once("<!-- events -->").unwrap();
    list.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_owned).collect()
}

#[test]
fn every_event_of_the_page_is_told() {
    let mut told = BTreeSet::new();
    for name in TELLING {
        told.extend(names(&traced(name).events).into_iter().map(str::to_owned));
    }
    let mut expected = documented();
    assert!(expected.remove(NEVER), "{NEVER} is not on the page any more");
    assert_eq!(told, expected);
}

#[test]
fn no_event_is_told_while_a_spin_lock_is_held() {
    for name in TELLING {
        let mut held: BTreeMap<u32, BTreeSet<ObjectId>> = BTreeMap::new();
        let (mut told, mut locked) = (0, 0);
        for event in &traced(name).events {
            let locks = held.entry(event.thread).or_default();
            match &event.kind {
                EventKind::SpinLockAcquired(acquired) => {
                    locks.insert(acquired.lock);
                    locked += 1;
                }
                // The system has taken the lock that a cancel routine releases.
                EventKind::SpinLockReleased(released) => _ = locks.remove(&released.lock),
                EventKind::EtwWritten(written) => {
                    assert!(locks.is_empty(), "{name}: {} is told under {locks:?}", written.name);
                    told += 1;
                }
                _ => {}
            }
        }
        assert!(told > 0 && locked > 0, "{name}: {told} events, {locked} locks");
    }
}

/// Requests that are called back, cleared of a halt, cancelled or pulled.
#[test]
fn each_start_of_a_transfer_has_an_end_of_its_own() {
    let scenarios = [
        ("rebalance", true),
        ("isoch_recalled", false),
        ("timeout_and_rebalance", true),
        ("device_asleep_with_io", true),
        ("auto_clear_stall", false),
        ("auto_clear_stall_and_rebalance", true),
        ("requests_race", false),
        ("surprise_with_io", false),
    ];
    for (name, has_recalled) in scenarios {
        let life = traced(name);
        let (mut away, mut starts) = (BTreeSet::new(), BTreeMap::<_, u32>::new());
        for event in written(&life.events) {
            let request = || format!("{:?} of {:?}", field(event, "Request"), field(event, "Device"));
            match event.name.as_ref() {
                "TransferStart" => {
                    assert!(away.insert(request()), "{name}: {} is on its way already", request());
                    *starts.entry(request()).or_default() += 1;
                }
                "TransferStop" => assert!(away.remove(&request()), "{name}: {} was not away", request()),
                _ => {}
            }
        }
        assert!(away.is_empty(), "{name}: {away:?} have no end");
        assert!(!starts.is_empty(), "{name}: no transfer");
        assert_eq!(starts.values().any(|&times| times > 1), has_recalled, "{name}: {starts:?}");
    }
}

#[test]
fn a_removal_is_told_stage_by_stage_with_the_time_that_each_took() {
    for name in ["traced_life", "surprise_with_io", "gate_schedule_of_remove"] {
        let life = traced(name);
        let of_removal: Vec<_> = life
            .events
            .iter()
            .filter_map(|event| as_written(event).map(|written| (event.time, written)))
            .filter(|(_, written)| written.name.starts_with("Remove"))
            .collect();
        let stages = of_removal.iter().filter(|(_, event)| event.name == "RemoveStage");
        let stages: Vec<_> = stages.map(|(_, event)| field(event, "Stage")).collect();
        assert_eq!(
            stages,
            ["drain", "close", "forward", "wait"].map(|stage| Arg::Text(stage.into())),
            "{name}"
        );
        let ends = (of_removal[0].1.name.as_ref(), of_removal[5].1.name.as_ref());
        assert_eq!((ends, of_removal.len()), (("RemoveStart", "RemoveStop"), 6), "{name}");
        let mut total = 0;
        for pair in of_removal.windows(2) {
            let ((begun, _), (over, event)) = (pair[0], pair[1]);
            let Arg::Number(told) = field(event, "Microseconds") else { panic!("{name}: no time") };
            // The clock is read before the event is written, and both take a moment of the simulated time.
            let between = (over - begun) / 10;
            assert!(
                told <= between + 1 && between <= told + 1,
                "{name}: {told} told of {between} microseconds"
            );
            total += told;
        }
        assert!(total > 0, "{name}: the removal takes no time");
    }
}
