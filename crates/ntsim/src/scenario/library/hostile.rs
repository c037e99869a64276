//! Devices that lie, and devices that do not do as they are told.

use usb_models::registry;

use super::build::{FILE, PACKET, cancel, close, ioctl, is, scenario, submit_read, unplug, wait};
use crate::{
    pnp::NodeState,
    scenario::{Bytes, DEVICE, Expectation, Expected, Ioctl, Open, Plug, Scenario, Step},
};

/// Models whose descriptors are in order, though their endpoints are not.
const OBSTINATE: [&str; 6] = ["nak", "stall", "short", "empty", "babble", "control-stall"];

/// One for every model that is not a loopback device.
pub(super) fn all() -> Vec<Scenario> {
    let models = registry::names().map(|(name, _)| name);
    models.filter(|name| !echoes(name)).map(of).collect()
}

/// Whether a model sends back what it was sent.
pub(super) fn echoes(model: &str) -> bool {
    model.starts_with("loopback") || model == "composite"
}

/// The life that is played with a model that does not.
pub(super) fn of(model: &str) -> Scenario {
    if OBSTINATE.contains(&model) { obstinate(model) } else { liar(model) }
}

/// The device may start or not: the driver survives, and lets it go.
fn liar(model: &str) -> Scenario {
    let steps = vec![
        Step::Plug(Plug { expect: Expected::anything(), ..Plug::new(DEVICE, model) }),
        unplug(),
        is(NodeState::Deleted),
        Step::Unload,
    ];
    scenario(&name("descriptors", model), "descriptors that lie", steps)
}

fn obstinate(model: &str) -> Scenario {
    let steps = vec![
        Step::Plug(Plug::new(DEVICE, model)),
        Step::Expect(Expectation::State { device: DEVICE.into(), state: NodeState::Started }),
        Step::Open(Open::new(DEVICE, FILE)),
        Step::Submit { request: "write".into(), ioctl: Ioctl::write(FILE, 0x01, Bytes::pattern(1, PACKET)) },
        submit_read("read"),
        Step::Sleep { microseconds: 10_000 },
        cancel("read"),
        cancel("write"),
        wait("read", Expected::anything()),
        wait("write", Expected::anything()),
        ioctl(Ioctl::abort(FILE, 0x81), Expected::success()),
        submit_read("last read"),
        unplug(),
        wait("last read", Expected::anything()),
        close(),
        is(NodeState::Deleted),
        Step::Unload,
    ];
    scenario(&name("obstinate", model), "endpoints that do not do as they are told", steps)
}

fn name(kind: &str, model: &str) -> String {
    format!("{kind}_{}", model.replace('-', "_"))
}
