//! Scripts for a driver that nothing is known of: what the PnP manager, the power manager and user mode do to
//! every device. Each step may end however the driver likes.

use crate::scenario::{Bytes, DEVICE, Expected, Ioctl, Open, Plug, PnpOperation, Scenario, Step};

/// The handle that the scripts use.
const FILE: &str = "file";
/// A control code that no driver defines: `CTL_CODE(FILE_DEVICE_UNKNOWN, 0xFFE, METHOD_BUFFERED, FILE_ANY_ACCESS)`.
const UNKNOWN_CODE: u32 = 0x0022_3FF8;
/// `IRP_MN_QUERY_INTERFACE`, and a minor code that does not exist.
const MINORS: [u8; 2] = [0x08, 0x7F];
/// `PowerDeviceD0`, `PowerDeviceD3`
const POWER_STATES: [u32; 2] = [4, 1];

/// All of them, with this device.
pub(super) fn all(model: &str) -> Vec<Scenario> {
    let mut all = vec![
        script("pulled", "started, then pulled", model, vec![unplug()]),
        script("pulled_while_open", "pulled while a handle is open", model, vec![open(), unplug(), close()]),
        script(
            "pulled_with_a_request",
            "pulled with a request that may wait",
            model,
            pulled_with_a_request(),
        ),
        script("asked", "a request that no driver knows", model, vec![open(), ask(), close()]),
        script("opened_twice", "two handles at a time", model, opened_twice()),
        script("queried", "what every stack is asked", model, queried()),
        script("powered", "device power down and up again", model, powered()),
    ];
    let operations: [(&str, &str, &[PnpOperation]); 8] = [
        ("removed", "QUERY_REMOVE and REMOVE", &[PnpOperation::OrderlyRemove]),
        ("disabled", "disabled and enabled", &[PnpOperation::Disable, PnpOperation::Enable]),
        ("rebalanced", "stopped and started", &[PnpOperation::Rebalance]),
        ("not_stopped", "a stop that is called off", &[PnpOperation::CancelStop]),
        ("not_removed", "a removal that is called off", &[PnpOperation::CancelRemove]),
        ("not_restarted", "the start after a stop fails above", &[PnpOperation::RebalanceFailRestart]),
        (
            "pulled_while_stopped",
            "pulled between stop and start",
            &[PnpOperation::QueryStop, PnpOperation::Stop],
        ),
        (
            "called_off_unasked",
            "calls off what nobody asked",
            &[PnpOperation::SpuriousCancelStop, PnpOperation::SpuriousCancelRemove],
        ),
    ];
    for (name, about, operations) in operations {
        all.push(script(name, about, model, operations.iter().map(|it| pnp(*it)).collect()));
    }
    all.push(never_started(model));
    all
}

fn script(name: &str, about: &str, model: &str, steps: Vec<Step>) -> Scenario {
    let mut all = vec![Step::Plug(Plug { expect: Expected::anything(), ..Plug::new(DEVICE, model) })];
    all.extend(steps);
    Scenario { name: name.into(), about: about.into(), steps: all }
}

fn never_started(model: &str) -> Scenario {
    let plug = Plug { start: false, expect: Expected::anything(), ..Plug::new(DEVICE, model) };
    let steps = vec![Step::Plug(plug), pnp(PnpOperation::Remove)];
    Scenario { name: "never_started".into(), about: "REMOVE right after AddDevice".into(), steps }
}

fn pulled_with_a_request() -> Vec<Step> {
    let request = || "request".to_owned();
    let wait = Step::Wait { request: request(), expect: Expected::anything() };
    vec![open(), Step::Submit { request: request(), ioctl: unknown() }, unplug(), wait, close()]
}

fn opened_twice() -> Vec<Step> {
    let second = Open { expect: Expected::anything(), ..Open::new(DEVICE, "second") };
    vec![open(), Step::Open(second), ask(), close(), Step::Close { file: "second".into() }]
}

fn queried() -> Vec<Step> {
    let mut operations = vec![
        PnpOperation::QueryCapabilities,
        PnpOperation::QueryPnpDeviceState,
        PnpOperation::QueryBusRelations,
        PnpOperation::UsageNotification { in_path: true },
        PnpOperation::UsageNotification { in_path: false },
        PnpOperation::SystemControl { minor: 8 },
    ];
    operations.extend(MINORS.map(|minor| PnpOperation::Minor { minor }));
    operations.into_iter().map(pnp).collect()
}

fn powered() -> Vec<Step> {
    let set = |state| PnpOperation::DevicePower { state, query: false };
    let query = PnpOperation::DevicePower { state: 4, query: true };
    std::iter::once(query).chain(POWER_STATES.map(set)).map(pnp).collect()
}

fn open() -> Step {
    Step::Open(Open { expect: Expected::anything(), ..Open::new(DEVICE, FILE) })
}

fn close() -> Step {
    Step::Close { file: FILE.into() }
}

fn unplug() -> Step {
    Step::Unplug { device: DEVICE.into() }
}

fn pnp(operation: PnpOperation) -> Step {
    Step::Pnp { device: DEVICE.into(), operation, expect: Expected::anything() }
}

fn ask() -> Step {
    Step::Ioctl { ioctl: unknown(), expect: Expected::anything() }
}

fn unknown() -> Ioctl {
    Ioctl::new(FILE, UNKNOWN_CODE, Bytes::room(16), Bytes::room(16))
}
