//! Lives that somebody listens to.

use super::build::{
    FILE, cancel, close, echo, ends, ioctl, is, open, plug, scenario, submit_read, unplug, wait,
};
use crate::{
    abi::status::STATUS_CANCELLED,
    pnp::NodeState,
    scenario::{DEVICE, Expected, Ioctl, PnpOperation, Poke, Scenario, Step},
};
use usb_models::models::loopback;

pub(super) fn all() -> Vec<Scenario> {
    vec![traced_life(), session_comes_and_goes()]
}

const fn listens(level: u8, keywords: u64) -> Step {
    Step::Trace { level, keywords }
}

/// A read of an endpoint that answers STALL.
fn stalled_read() -> [Step; 3] {
    [
        Step::Poke { device: DEVICE.into(), poke: Poke::Halt { endpoint: loopback::BULK_IN } },
        ioctl(Ioctl::read(FILE, loopback::BULK_IN, 512), Expected::default()),
        ioctl(Ioctl::reset(FILE, loopback::BULK_IN), Expected::success()),
    ]
}

/// Everything is listened to, from before `AddDevice` to after the removal.
fn traced_life() -> Scenario {
    let mut steps = vec![listens(0, u64::MAX), plug(), open()];
    steps.extend(echo(FILE, 1));
    steps.extend(stalled_read());
    steps.extend([
        submit_read("read"),
        cancel("read"),
        wait("read", ends(STATUS_CANCELLED).moved(0)),
        close(),
        super::build::pnp(PnpOperation::Rebalance),
        unplug(),
        is(NodeState::Deleted),
        Step::EndTrace,
        Step::Unload,
    ]);
    scenario("traced_life", "a session listens to everything that the driver tells", steps)
}

/// The session begins in the middle, asks for less, and ends while a request is under way.
fn session_comes_and_goes() -> Scenario {
    let mut steps = vec![plug(), open()];
    steps.extend(echo(FILE, 1));
    steps.push(listens(5, 0x08));
    steps.extend(echo(FILE, 2));
    steps.push(listens(2, u64::MAX));
    steps.extend(echo(FILE, 3));
    steps.extend([listens(0, u64::MAX), submit_read("read"), Step::EndTrace]);
    steps.extend([cancel("read"), wait("read", ends(STATUS_CANCELLED).moved(0))]);
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario("session_comes_and_goes", "a session begins, changes and ends while the driver works", steps)
}
