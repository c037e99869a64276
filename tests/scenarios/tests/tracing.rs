//! Event tracing: what the driver tells a session that listens, and that it tells nothing otherwise.

use nt_trace::{
    Arg, Event, NtStatus,
    event::{Call, EtwWritten, EventKind},
};
use ntsim::{life::Life, machine::Choices, scenario::Step};
use scenarios::{assert_clean, demand_clean, live, machine, scenario};

const SEEDS: u64 = 20;

fn life_of(name: &str) -> Life {
    let life = live(&mut machine(), &scenario(name), Choices::InTurn);
    assert_clean(&life, name);
    life
}

fn written(events: &[Event]) -> Vec<&EtwWritten> {
    events.iter().filter_map(as_written).collect()
}

const fn as_written(event: &Event) -> Option<&EtwWritten> {
    if let EventKind::EtwWritten(written) = &event.kind { Some(written) } else { None }
}

fn names(events: &[Event]) -> Vec<&str> {
    written(events).iter().map(|event| event.name.as_ref()).collect()
}

fn field(event: &EtwWritten, name: &str) -> Arg {
    let found = event.fields.iter().find(|field| field.name == name);
    found.map_or_else(|| panic!("{} has no field {name}", event.name), |field| field.value.clone())
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
