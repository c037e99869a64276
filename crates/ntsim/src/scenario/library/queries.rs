//! What the PnP manager asks, takes back, and does without removing the device.

use super::{
    build::{
        FILE, arrived, close, echo, ends, is, open, plug, plug_with_filter, pnp, pnp_ends, scenario,
        submit_read, unplug, wait,
    },
    removal::fails,
};
use crate::{
    abi::status::{
        STATUS_DEVICE_BUSY, STATUS_DEVICE_NOT_READY, STATUS_NOT_IMPLEMENTED, STATUS_NOT_SUPPORTED,
        STATUS_UNSUCCESSFUL,
    },
    pnp::{NodeState, Refusal, Way},
    scenario::{DEVICE, Expected, Open, PnpOperation, Scenario, Step},
};

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        rebalance(),
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
        wait("in flight", Expected::anything()),
        arrived(true),
        pnp(PnpOperation::Start),
        is(NodeState::Started),
        Step::Cancel { request: "held".into() },
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

fn stop_is_cancelled() -> Scenario {
    let middle = vec![
        pnp(PnpOperation::QueryStop),
        submit_read("held"),
        pnp(PnpOperation::CancelStop),
        is(NodeState::Started),
        Step::Cancel { request: "held".into() },
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
        Step::Cancel { request: "read".into() },
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
        wait("in flight", Expected::anything()),
        is(NodeState::Started),
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
    ];
    used_before_and_after("other_majors", "WMI requests, which go down untouched", plug(), middle)
}
