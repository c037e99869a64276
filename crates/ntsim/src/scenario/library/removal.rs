//! One scenario for each way in which a device can go.

use super::build::{
    FILE, PACKET, arrived, calls, close, close_file, echo, ends, is, open, plug, plug_with_filter, pnp,
    pnp_ends, scenario, submit_read, unplug, wait,
};
use crate::{
    abi::status::{
        STATUS_DEVICE_NOT_CONNECTED, STATUS_INSUFFICIENT_RESOURCES, STATUS_OBJECT_NAME_COLLISION,
        STATUS_UNSUCCESSFUL,
    },
    pnp::{FilterFailure, NodeState, Refusal, Way},
    scenario::{
        Branch, DEVICE, Expectation, Expected, Ioctl, Open, Plug, PnpOperation, Race, Scenario, Step,
    },
};

/// Calls of `IofCallDriver` in an undisturbed start, and a few more.
const START_CALLS: u32 = 12;

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    let mut all = vec![
        orderly(),
        surprise_with_io(),
        surprise_with_open_handle(),
        never_started(),
        never_started_and_pulled(),
        start_failed(),
        start_failed_above(),
        add_device_fails_after_the_handle(),
        add_device_fails_above(),
        disable_and_enable(),
        rebalance_fails_at_restart(),
        surprise_while_stopped(),
        unload(),
        replug_while_the_old_stack_waits(),
        gate_schedule(),
        gate_schedule_of_remove(),
        read_and_unplug_race(),
    ];
    all.extend((1..=START_CALLS).map(pulled_during_start));
    all
}

fn end() -> [Step; 2] {
    [is(NodeState::Deleted), Step::Unload]
}

fn orderly() -> Scenario {
    let mut steps = vec![plug(), open()];
    steps.extend(echo(FILE, 1));
    steps.extend([
        close(),
        pnp(PnpOperation::OrderlyRemove),
        is(NodeState::Removed),
        arrived(false),
        unplug(),
    ]);
    steps.extend(end());
    scenario("orderly", "QUERY_REMOVE and REMOVE of an idle device", steps)
}

fn surprise_with_io() -> Scenario {
    let write = Ioctl::write(FILE, 1, crate::scenario::Bytes::pattern(1, 64 * PACKET));
    let mut steps = vec![plug(), open(), submit_read("first"), submit_read("second")];
    steps.extend([
        Step::Submit { request: "third".into(), ioctl: write },
        unplug(),
        wait("first", Expected::anything()),
        wait("second", Expected::anything()),
        wait("third", Expected::anything()),
        Step::Ioctl { ioctl: Ioctl::read(FILE, 0x81, PACKET), expect: ends(STATUS_DEVICE_NOT_CONNECTED) },
        close(),
    ]);
    steps.extend(end());
    scenario("surprise_with_io", "pulled with transfers in flight", steps)
}

fn surprise_with_open_handle() -> Scenario {
    let again = Open { expect: ends(STATUS_DEVICE_NOT_CONNECTED), ..Open::new(DEVICE, "too late") };
    let mut steps = vec![
        plug(),
        open(),
        unplug(),
        is(NodeState::DeletePendingCloses),
        Step::Open(again),
        Step::Sleep { microseconds: 10_000 },
        is(NodeState::DeletePendingCloses),
        close(),
    ];
    steps.extend(end());
    scenario("surprise_with_open_handle", "pulled while a handle is open: REMOVE waits for it", steps)
}

fn never_started() -> Scenario {
    let mut steps = vec![
        Step::Plug(Plug { start: false, ..Plug::new(DEVICE, super::build::MODEL) }),
        is(NodeState::DriversAdded),
        pnp(PnpOperation::Remove),
        unplug(),
    ];
    steps.extend(end());
    scenario("never_started", "REMOVE right after AddDevice", steps)
}

fn never_started_and_pulled() -> Scenario {
    let mut steps =
        vec![Step::Plug(Plug { start: false, ..Plug::new(DEVICE, super::build::MODEL) }), unplug()];
    steps.extend(end());
    scenario("never_started_and_pulled", "SURPRISE_REMOVAL before any START", steps)
}

fn start_failed() -> Scenario {
    let mut steps = vec![
        Step::FailCall { routine: "USBD_UrbAllocate".into(), nth: 1, status: None },
        Step::Plug(Plug {
            expect: ends(STATUS_INSUFFICIENT_RESOURCES),
            ..Plug::new(DEVICE, super::build::MODEL)
        }),
        is(NodeState::Removed),
        unplug(),
    ];
    steps.extend(end());
    scenario("start_failed", "the driver fails its first START; REMOVE follows", steps)
}

fn start_failed_above() -> Scenario {
    let mut steps = vec![
        fails(Refusal::Start, Way::Up),
        Step::Plug(Plug {
            filter: true,
            expect: ends(STATUS_UNSUCCESSFUL),
            ..Plug::new(DEVICE, super::build::MODEL)
        }),
        is(NodeState::Removed),
        unplug(),
    ];
    steps.extend(end());
    scenario(
        "start_failed_above",
        "a filter fails START after the driver started; REMOVE without a query",
        steps,
    )
}

pub(super) fn fails(what: Refusal, way: Way) -> Step {
    Step::FilterFails { device: DEVICE.into(), failure: FilterFailure { what, way } }
}

fn add_device_fails_after_the_handle() -> Scenario {
    let mut steps = vec![
        Step::FailCall { routine: "IoRegisterDeviceInterface".into(), nth: 1, status: None },
        Step::Plug(Plug {
            expect: Expected::status(crate::abi::status::STATUS_INVALID_DEVICE_REQUEST),
            ..Plug::new(DEVICE, super::build::MODEL)
        }),
        is(NodeState::Removed),
        calls("USBD_CloseHandle", 1),
        unplug(),
    ];
    steps.extend(end());
    scenario("add_device_fails_after_the_handle", "AddDevice fails when it has the handle", steps)
}

fn add_device_fails_above() -> Scenario {
    let mut steps = vec![
        fails(Refusal::AddDevice, Way::Up),
        Step::Plug(Plug {
            filter: true,
            expect: ends(STATUS_UNSUCCESSFUL),
            ..Plug::new(DEVICE, super::build::MODEL)
        }),
        is(NodeState::Removed),
        unplug(),
    ];
    steps.extend(end());
    scenario("add_device_fails_above", "a filter's AddDevice fails; the stack built so far is removed", steps)
}

fn disable_and_enable() -> Scenario {
    let mut steps = vec![plug(), open()];
    steps.extend(echo(FILE, 1));
    steps.extend([close(), pnp(PnpOperation::Disable), is(NodeState::Removed), arrived(false)]);
    steps.extend([pnp(PnpOperation::Enable), is(NodeState::Started), arrived(true), open()]);
    steps.extend(echo(FILE, 2));
    steps.extend([close(), unplug()]);
    steps.extend(end());
    scenario("disable_and_enable", "disabled, enabled, used again, pulled", steps)
}

fn rebalance_fails_at_restart() -> Scenario {
    let mut steps = vec![
        plug_with_filter(),
        open(),
        submit_read("read"),
        pnp_ends(PnpOperation::RebalanceFailRestart, ends(STATUS_UNSUCCESSFUL)),
        wait("read", Expected::anything()),
        is(NodeState::RemovePendingCloses),
        close(),
        is(NodeState::Removed),
        unplug(),
    ];
    steps.extend(end());
    scenario(
        "rebalance_fails_at_restart",
        "QUERY_STOP, STOP, START failed by a filter above, SURPRISE_REMOVAL, REMOVE",
        steps,
    )
}

fn surprise_while_stopped() -> Scenario {
    let mut steps = vec![
        plug(),
        open(),
        pnp(PnpOperation::QueryStop),
        submit_read("held"),
        pnp(PnpOperation::Stop),
        submit_read("held too"),
        unplug(),
        wait("held", ends(STATUS_DEVICE_NOT_CONNECTED).moved(0)),
        wait("held too", ends(STATUS_DEVICE_NOT_CONNECTED).moved(0)),
        close(),
    ];
    steps.extend(end());
    scenario("surprise_while_stopped", "pulled while stopped, with requests held", steps)
}

fn unload() -> Scenario {
    let steps = vec![plug(), pnp(PnpOperation::OrderlyRemove), Step::Unload, unplug()];
    scenario("unload", "the driver is unloaded while the device stays plugged in", steps)
}

fn replug_while_the_old_stack_waits() -> Scenario {
    let new = || Plug { instance: Some(DEVICE.into()), ..Plug::new("new", super::build::MODEL) };
    let state = |device: &str, state| Step::Expect(Expectation::State { device: device.into(), state });
    let steps = vec![
        plug(),
        open(),
        unplug(),
        Step::Plug(Plug { expect: ends(STATUS_OBJECT_NAME_COLLISION), ..new() }),
        state("new", NodeState::Duplicate),
        Step::Expect(Expectation::AddDevices { count: 1 }),
        close(),
        is(NodeState::Deleted),
        Step::Pnp { device: "new".into(), operation: PnpOperation::Enable, expect: Expected::success() },
        Step::Expect(Expectation::AddDevices { count: 2 }),
        Step::Open(Open::new("new", "second file")),
        close_file("second file"),
        Step::Unplug { device: "new".into() },
        state("new", NodeState::Deleted),
        Step::Unload,
    ];
    scenario("replug_while_the_old_stack_waits", "the same device comes back while a handle is open", steps)
}

/// A branch that reads, and stops when it is about to send the request.
pub(super) fn late_read(expect: Expected) -> Branch {
    let steps = vec![Step::Ioctl { ioctl: Ioctl::read(FILE, 0x81, PACKET), expect }];
    Branch::held_at("IofCallDriver", steps)
}

fn gone() -> Expected {
    ends(STATUS_DEVICE_NOT_CONNECTED).moved(0)
}

fn gate_schedule() -> Scenario {
    let removal = Branch::last(vec![unplug()]);
    let mut steps = vec![plug(), open()];
    steps.extend([Step::Race(Race { branches: vec![late_read(gone()), removal] }), close()]);
    steps.extend(end());
    scenario(
        "gate_schedule",
        "a read passes the gate, the removal runs as far as it can, the read is sent",
        steps,
    )
}

fn gate_schedule_of_remove() -> Scenario {
    let removal = Branch::last(vec![pnp(PnpOperation::Remove)]);
    let mut steps = vec![plug(), open()];
    steps.extend([
        Step::Race(Race { branches: vec![late_read(gone()), removal] }),
        is(NodeState::Removed),
        close(),
        unplug(),
    ]);
    steps.extend(end());
    scenario("gate_schedule_of_remove", "the same with REMOVE, which waits for the read", steps)
}

fn read_and_unplug_race() -> Scenario {
    let read = |seed: u64| {
        let steps = echo(FILE, seed).into_iter().map(|step| match step {
            Step::Ioctl { ioctl, .. } => Step::Ioctl { ioctl, expect: Expected::anything() },
            other => other,
        });
        Branch::new(steps.collect())
    };
    let removal = Branch::new(vec![unplug()]);
    let mut steps = vec![plug(), open()];
    steps.extend([Step::Race(Race { branches: vec![read(1), read(2), removal] }), close()]);
    steps.extend(end());
    scenario("read_and_unplug_race", "transfers start and end while the device is pulled", steps)
}

/// The cable is pulled when the driver is about to send its request number `nth`.
fn pulled_during_start(nth: u32) -> Scenario {
    let plug = Step::Plug(Plug { expect: Expected::anything(), ..Plug::new(DEVICE, super::build::MODEL) });
    let branches = vec![Branch::held_at_call(nth, "IofCallDriver", vec![plug]), Branch::last(vec![unplug()])];
    let mut steps = vec![Step::Race(Race { branches })];
    steps.extend(end());
    scenario(&format!("pulled_during_start_{nth}"), "pulled while it is being started", steps)
}
