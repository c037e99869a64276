//! The settings of the USB client driver verifier, each on, as a registry value and as a knob, and the port that is
//! cycled.

use super::build::{
    FILE, MODEL, cancel, close, control_transfers, echo, is, open, plug, scenario, submit_read, unplug, wait,
};
use crate::{
    pnp::NodeState,
    scenario::{DEVICE, Expectation, Expected, Face, Knob, Plug, Poke, Scenario, Step},
    usb::Knobs,
};

/// One in this many calls fails, where a setting is no switch.
const SELDOM: u32 = 3;

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    let mut all: Vec<Scenario> =
        Knobs::NAMES.iter().flat_map(|name| [(*name, 1), (*name, SELDOM)]).map(set_to).collect();
    all.extend([verifier_is_off(), enhanced(), cycled(), cycled_with_io(), pulled_before_it_is_known()]);
    all
}

/// A value is in the registry, and devices come and go. The registration may fail: then there is no device.
fn set_to((name, data): (&str, u32)) -> Scenario {
    let mut steps = vec![
        Step::Registry { value: "UsbVerifierEnabled".into(), data: 1 },
        Step::Registry { value: name.into(), data },
    ];
    let fails = name == "UsbVerifierFailRegistration";
    for (round, face) in [Face::Usb3, Face::Usb2, Face::Usb3, Face::Usb3].into_iter().enumerate() {
        let expect = if fails { Expected::anything() } else { Expected::success() };
        steps.push(Step::Plug(Plug { face, expect, ..Plug::new(DEVICE, MODEL) }));
        if !fails {
            steps.push(open());
            steps.extend(echo(FILE, round as u64));
            steps.extend(control_transfers(FILE, round as u64));
            steps.push(close());
        }
        steps.extend([unplug(), is(NodeState::Deleted)]);
    }
    steps.push(Step::Unload);
    let plain: String = name
        .chars()
        .flat_map(|c| if c.is_ascii_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] })
        .collect();
    let often = if data == 1 { "always" } else { "seldom" };
    scenario(&format!("{}_{often}", plain.trim_start_matches('_')), &format!("{name} is {data}"), steps)
}

/// Without the verifier Windows says nothing of what is left; the rules here do.
fn verifier_is_off() -> Scenario {
    let mut steps = vec![Step::Registry { value: "UsbVerifierEnabled".into(), data: 0 }, plug(), open()];
    steps.extend(echo(FILE, 1));
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario("usb_verifier_is_off", "UsbVerifierEnabled is 0", steps)
}

/// Driver Verifier's enhanced I/O verification: other successes, and requests that nobody knows.
fn enhanced() -> Scenario {
    let mut steps = vec![
        Step::Knob { knob: Knob::EnhancedIoVerification, on: true },
        Step::Plug(Plug { filter: true, expect: Expected::anything(), ..Plug::new(DEVICE, MODEL) }),
        is(NodeState::Started),
        open(),
    ];
    steps.extend(echo(FILE, 1));
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario(
        "enhanced_io_verification",
        "PnP requests succeed with another success; unknown minor codes",
        steps,
    )
}

/// The hub cycles the port: the device goes by surprise and is found anew.
fn cycled() -> Scenario {
    let mut steps = vec![plug(), open()];
    steps.extend(echo(FILE, 1));
    steps.extend([
        close(),
        Step::Poke { device: DEVICE.into(), poke: Poke::CyclePort },
        Step::Sleep { microseconds: 100_000 },
        is(NodeState::Started),
        Step::Expect(Expectation::AddDevices { count: 2 }),
        open(),
    ]);
    steps.extend(echo(FILE, 2));
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario("port_cycled", "the hub cycles the port: SURPRISE_REMOVAL, REMOVE, AddDevice, START", steps)
}

/// The same with a request in flight and a handle open: the device comes back when it is closed.
fn cycled_with_io() -> Scenario {
    let mut steps = vec![
        plug(),
        open(),
        submit_read("in flight"),
        Step::Poke { device: DEVICE.into(), poke: Poke::CyclePort },
        wait("in flight", Expected::anything()),
        is(NodeState::DeletePendingCloses),
        close(),
        is(NodeState::Started),
        open(),
    ];
    steps.extend(echo(FILE, 2));
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario("port_cycled_with_io", "the port is cycled while a handle is open and a read in flight", steps)
}

/// The cable is out, and requests fail before the PnP manager knows.
fn pulled_before_it_is_known() -> Scenario {
    let steps = vec![
        plug(),
        open(),
        submit_read("in flight"),
        Step::Poke { device: DEVICE.into(), poke: Poke::Pull },
        wait("in flight", Expected::anything()),
        submit_read("too late"),
        cancel("too late"),
        wait("too late", Expected::anything()),
        is(NodeState::Started),
        unplug(),
        close(),
        is(NodeState::Deleted),
        Step::Unload,
    ];
    scenario("pulled_before_it_is_known", "requests fail before SURPRISE_REMOVAL comes", steps)
}
