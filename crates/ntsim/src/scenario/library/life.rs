//! Whole lives.

use usb_models::models::loopback;
use usbclient_protocol::control_code;

use super::build::{
    FILE, MODEL, arrived, cancel, close, control_transfers, echo, ends, ioctl, is, open, plug, scenario,
    submit_read, unplug, wait,
};
use crate::{
    abi::status::{STATUS_CANCELLED, STATUS_DEVICE_NOT_CONNECTED},
    pnp::NodeState,
    scenario::{Bytes, DEVICE, Expected, Ioctl, Loopback, Plug, Scenario, Step},
};

/// Bytes of bulk data that the demonstration moves, in each direction.
pub const LOOPBACK_BYTES: u64 = 64 << 20;

/// The demonstration: everything once, from AddDevice to unload, on the high-speed loopback device.
#[must_use]
pub fn whole_life() -> Scenario {
    whole_life_of(MODEL, LOOPBACK_BYTES)
}

/// The demonstration on another model of a loopback device, with another amount of data.
#[must_use]
pub fn whole_life_of(model: &str, bytes: u64) -> Scenario {
    let plugged = || Step::Plug(Plug::new(DEVICE, model));
    let mut steps = vec![plugged(), is(NodeState::Started), arrived(true), open()];
    steps.extend(descriptors());
    steps.extend(control_transfers(FILE, 1));
    steps.push(Step::Loopback(Loopback {
        file: FILE.into(),
        bytes,
        chunk: 1 << 20,
        depth: 4,
        seed: 2,
        out_endpoint: loopback::BULK_OUT,
        in_endpoint: loopback::BULK_IN,
    }));
    steps.extend([
        submit_read("a read that nobody answers"),
        Step::Sleep { microseconds: 1000 },
        cancel("a read that nobody answers"),
        wait("a read that nobody answers", ends(STATUS_CANCELLED).moved(0)),
        close(),
        unplug(),
        is(NodeState::Deleted),
        Step::Say { text: "the same device comes back".into() },
        plugged(),
        open(),
    ]);
    steps.extend(echo(FILE, 3));
    steps.extend([
        submit_read("first read"),
        submit_read("second read"),
        Step::Say { text: "the cable is pulled in the middle of it".into() },
        unplug(),
        wait("first read", ends(STATUS_DEVICE_NOT_CONNECTED).moved(0)),
        wait("second read", ends(STATUS_DEVICE_NOT_CONNECTED).moved(0)),
        arrived(false),
        is(NodeState::DeletePendingCloses),
        close(),
        is(NodeState::Deleted),
        Step::Unload,
    ]);
    scenario("whole_life", "everything once, from AddDevice to unload", steps)
}

/// What a benchmark plays: plug, start, ten transfers, remove.
#[must_use]
pub fn short_life() -> Scenario {
    let mut steps = vec![plug(), open()];
    for seed in 0..5 {
        steps.extend(echo(FILE, seed));
    }
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario("short_life", "plug, start, ten transfers, remove", steps)
}

fn descriptors() -> Vec<Step> {
    let ask = |code, room| Ioctl::new(FILE, code, Bytes::none(), Bytes::room(room));
    let device = ask(control_code::GET_DEVICE_DESCRIPTOR, 18);
    let configuration = ask(control_code::GET_CONFIGURATION_DESCRIPTOR, 4096);
    let pipes = ask(control_code::GET_PIPES, 4096);
    vec![
        ioctl(device, Expected::success().moved(18).bytes(Bytes::of([18, 1]))),
        ioctl(configuration, Expected::success().bytes(Bytes::of([9, 2]))),
        // A count of three, then three entries of sixteen bytes.
        ioctl(pipes, Expected::success().moved(4 + 3 * 16).bytes(Bytes::of([3, 0, 0, 0]))),
    ]
}
