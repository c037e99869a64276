//! What the PnP manager asks, takes back, and does without removing the device.

use usb_models::models::loopback;
use usbclient_protocol::SetupPacket;

use super::{
    build::{
        FILE, PACKET, arrived, cancel, close, echo, ends, ioctl, is, open, plug, plug_with_filter, pnp,
        pnp_ends, scenario, submit_read, unplug, wait,
    },
    removal::{fails, late_read},
};
use crate::{
    abi::power::{POWER_DEVICE_D0, POWER_DEVICE_D3},
    abi::status::{
        STATUS_DEVICE_BUSY, STATUS_DEVICE_NOT_READY, STATUS_NOT_IMPLEMENTED, STATUS_NOT_SUPPORTED,
        STATUS_UNSUCCESSFUL,
    },
    pnp::{NodeState, Refusal, Way},
    scenario::{Branch, Bytes, DEVICE, Expected, Ioctl, Open, PnpOperation, Race, Scenario, Step},
};

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        rebalance(),
        stop_schedule(),
        query_stop_schedule(),
        rebalance_race(),
        stop_is_cancelled(),
        remove_is_cancelled(),
        remove_is_vetoed(),
        queries_refused_above(),
        spurious_cancels(),
        restart_while_started(),
        information(),
        other_majors(),
    ]
}

/// A device that is used, goes through `middle`, and is used again.
fn used_before_and_after(name: &str, about: &str, plugged: Step, middle: Vec<Step>) -> Scenario {
    let mut steps = vec![plugged, open()];
    steps.extend(echo(FILE, 1));
    steps.extend(middle);
    steps.extend(echo(FILE, 2));
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario(name, about, steps)
}

fn rebalance() -> Scenario {
    let middle = vec![
        submit_read("in flight"),
        pnp(PnpOperation::QueryStop),
        submit_read("held"),
        pnp(PnpOperation::Stop),
        arrived(true),
        pnp(PnpOperation::Start),
        is(NodeState::Started),
        cancel("in flight"),
        wait("in flight", Expected::anything()),
        cancel("held"),
        wait("held", Expected::anything()),
        pnp(PnpOperation::Rebalance),
    ];
    used_before_and_after(
        "rebalance",
        "QUERY_STOP, STOP, START with requests in flight and held",
        plug(),
        middle,
    )
}

/// A request that passed the gate before STOP closed it, and is sent when STOP waits for it, is called back and
/// held. The restart sends it again: it gets its data then.
fn stop_schedule() -> Scenario {
    let data = Bytes::pattern(7, PACKET);
    let write = Ioctl::write(FILE, loopback::BULK_OUT, data.clone());
    let moved = u64::from(PACKET);
    let read = late_read(Expected::success().moved(moved).bytes(data));
    let stop = vec![
        pnp(PnpOperation::QueryStop),
        pnp(PnpOperation::Stop),
        pnp(PnpOperation::Start),
        ioctl(write, Expected::success().moved(moved)),
    ];
    let middle = vec![Step::Race(Race { branches: vec![read, Branch::last(stop)] })];
    used_before_and_after(
        "stop_schedule",
        "a read passes the gate, STOP waits for it, the read is sent",
        plug(),
        middle,
    )
}

/// The same with `QUERY_STOP` and `CANCEL_STOP`, which wait for nothing.
fn query_stop_schedule() -> Scenario {
    let data = Bytes::pattern(8, PACKET);
    let write = Ioctl::write(FILE, loopback::BULK_OUT, data.clone());
    let moved = u64::from(PACKET);
    let read = late_read(Expected::success().moved(moved).bytes(data));
    let stop = vec![pnp(PnpOperation::CancelStop), ioctl(write, Expected::success().moved(moved))];
    let middle = vec![Step::Race(Race { branches: vec![read, Branch::last(stop)] })];
    used_before_and_after(
        "query_stop_schedule",
        "a read passes the gate, QUERY_STOP and CANCEL_STOP come, the read is sent",
        plug(),
        middle,
    )
}

/// Every request ends, however often the device is stopped meanwhile. What the device had taken in is lost: it
/// is configured anew.
fn rebalance_race() -> Scenario {
    let names = ["write 1", "read 1", "write 2", "read 2"];
    let submit = |name: &str| {
        let write = Ioctl::write(FILE, loopback::BULK_OUT, Bytes::pattern(6, 4 * PACKET));
        let read = Ioctl::read(FILE, loopback::BULK_IN, 4 * PACKET);
        let ioctl = if name.starts_with("write") { write } else { read };
        Step::Submit { request: name.into(), ioctl }
    };
    let rebalances = (0..3).map(|_| pnp(PnpOperation::Rebalance)).collect();
    let branches = vec![Branch::new(names.map(submit).to_vec()), Branch::new(rebalances)];
    let flush = SetupPacket { request_type: 0x40, request: loopback::FLUSH, ..SetupPacket::default() };
    let mut middle = vec![Step::Race(Race { branches }), Step::CancelFile { file: FILE.into() }];
    middle.extend(names.map(|name| wait(name, Expected::anything())));
    middle.push(ioctl(Ioctl::control_out(FILE, flush, Bytes::none()), Expected::success()));
    used_before_and_after("rebalance_race", "resources are balanced while requests come", plug(), middle)
}

fn stop_is_cancelled() -> Scenario {
    let middle = vec![
        pnp(PnpOperation::QueryStop),
        submit_read("held"),
        pnp(PnpOperation::CancelStop),
        is(NodeState::Started),
        cancel("held"),
        wait("held", Expected::anything()),
        pnp(PnpOperation::CancelStop),
    ];
    used_before_and_after("stop_is_cancelled", "QUERY_STOP, CANCEL_STOP with a request held", plug(), middle)
}

fn remove_is_cancelled() -> Scenario {
    let refused = Open { expect: ends(STATUS_DEVICE_NOT_READY), ..Open::new(DEVICE, "refused") };
    let mut steps = vec![
        plug(),
        pnp(PnpOperation::QueryRemove),
        Step::Open(refused),
        arrived(true),
        pnp(PnpOperation::SpuriousCancelRemove),
        is(NodeState::Started),
        open(),
    ];
    steps.extend(echo(FILE, 1));
    steps.extend([close(), pnp(PnpOperation::CancelRemove), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario("remove_is_cancelled", "QUERY_REMOVE, an open that is refused, CANCEL_REMOVE", steps)
}

fn remove_is_vetoed() -> Scenario {
    let middle = vec![
        submit_read("read"),
        pnp_ends(PnpOperation::OrderlyRemove, ends(STATUS_DEVICE_BUSY)),
        is(NodeState::Started),
        cancel("read"),
        wait("read", Expected::anything()),
    ];
    used_before_and_after("remove_is_vetoed", "an open handle vetoes the removal", plug(), middle)
}

fn queries_refused_above() -> Scenario {
    let refused = |operation| pnp_ends(operation, ends(STATUS_UNSUCCESSFUL));
    let middle = vec![
        fails(Refusal::QueryStop, Way::Up),
        refused(PnpOperation::Rebalance),
        fails(Refusal::QueryStop, Way::Down),
        refused(PnpOperation::Rebalance),
        fails(Refusal::QueryRemove, Way::Up),
        refused(PnpOperation::QueryRemove),
        fails(Refusal::QueryRemove, Way::Down),
        refused(PnpOperation::QueryRemove),
        is(NodeState::Started),
    ];
    used_before_and_after(
        "queries_refused_above",
        "a filter refuses queries before and after the driver agreed",
        plug_with_filter(),
        middle,
    )
}

fn spurious_cancels() -> Scenario {
    let middle = vec![pnp(PnpOperation::SpuriousCancelStop), pnp(PnpOperation::SpuriousCancelRemove)];
    used_before_and_after(
        "spurious_cancels",
        "CANCEL_STOP and CANCEL_REMOVE that nothing precedes",
        plug(),
        middle,
    )
}

fn restart_while_started() -> Scenario {
    let middle = vec![
        submit_read("in flight"),
        pnp(PnpOperation::Start),
        is(NodeState::Started),
        cancel("in flight"),
        wait("in flight", Expected::anything()),
    ];
    used_before_and_after("restart_while_started", "START of a device that is started", plug(), middle)
}

fn information() -> Scenario {
    let middle = vec![
        pnp(PnpOperation::QueryCapabilities),
        pnp_ends(
            PnpOperation::QueryPnpDeviceState,
            Expected::any_of(&[STATUS_NOT_SUPPORTED, crate::abi::status::STATUS_SUCCESS]),
        ),
        pnp_ends(PnpOperation::QueryBusRelations, ends(STATUS_NOT_SUPPORTED)),
        pnp_ends(PnpOperation::UsageNotification { in_path: true }, ends(STATUS_NOT_IMPLEMENTED)),
        pnp_ends(PnpOperation::UsageNotification { in_path: false }, Expected::anything()),
        // Codes that no driver knows go down untouched.
        pnp_ends(PnpOperation::Minor { minor: 0x7F }, ends(STATUS_NOT_SUPPORTED)),
        pnp_ends(PnpOperation::Minor { minor: 0x12 }, ends(STATUS_NOT_SUPPORTED)),
    ];
    used_before_and_after(
        "information",
        "questions about capabilities, state, usage and relations",
        plug(),
        middle,
    )
}

fn other_majors() -> Scenario {
    let middle = vec![
        pnp_ends(PnpOperation::SystemControl { minor: 0x08 }, ends(STATUS_NOT_SUPPORTED)),
        pnp_ends(PnpOperation::SystemControl { minor: 0x00 }, ends(STATUS_NOT_SUPPORTED)),
        pnp(PnpOperation::DevicePower { state: POWER_DEVICE_D0, query: false }),
        pnp(PnpOperation::DevicePower { state: POWER_DEVICE_D3, query: true }),
    ];
    used_before_and_after("other_majors", "WMI and power requests, which go down untouched", plug(), middle)
}
