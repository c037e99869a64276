//! The life that a hostile device is given: everything that a driver does with a device, a little of it.

use usb_models::models::loopback::{BULK_IN, BULK_OUT, INTERRUPT_IN, MEMORY};
use usbclient_protocol::{SetupPacket, control_code};

use crate::{
    campaign::attempt::{close, end, open, plug, pnp, sleep, submit, unplug},
    scenario::{Branch, Bytes, Completion, DEVICE, Face, Ioctl, PnpOperation, Poke, Race, Scenario, Step},
};

const FILE: &str = "file";
/// Bytes of a small transfer: whole packets at every speed.
const PACKET: u32 = 1024;

/// What user mode and the PnP manager do with the device, from its arrival on. Nothing waits for the device: each
/// request is cancelled.
pub(super) fn steps(model: &str) -> Vec<Step> {
    let mut steps = vec![plug(DEVICE, model), open(DEVICE, FILE)];
    for (name, ioctl) in requests() {
        steps.extend([submit(name, ioctl), sleep(500)]);
        steps.extend(end(name));
    }
    steps.extend([
        submit("first", Ioctl::read(FILE, BULK_IN, PACKET)),
        submit("second", Ioctl::read(FILE, INTERRUPT_IN, PACKET)),
        pnp(DEVICE, PnpOperation::QueryStop),
        submit("held", Ioctl::write(FILE, BULK_OUT, Bytes::pattern(2, PACKET))),
        pnp(DEVICE, PnpOperation::Stop),
        pnp(DEVICE, PnpOperation::Start),
        sleep(500),
    ]);
    for name in ["held", "second", "first"] {
        steps.extend(end(name));
    }
    steps.extend([close(FILE), unplug(DEVICE)]);
    steps
}

fn requests() -> Vec<(&'static str, Ioctl)> {
    let ask = |code, room| Ioctl::new(FILE, code, Bytes::none(), Bytes::room(room));
    let setup = |request_type, request, length| SetupPacket {
        request_type,
        request,
        length,
        ..SetupPacket::default()
    };
    // GET_DESCRIPTOR of the configuration: whatever the device says of itself now.
    let descriptor = SetupPacket { value: 0x0200, ..setup(0x80, 6, 255) };
    vec![
        ("descriptor", ask(control_code::GET_CONFIGURATION_DESCRIPTOR, 4096)),
        ("pipes", ask(control_code::GET_PIPES, 4096)),
        ("asked", Ioctl::control_in(FILE, descriptor)),
        ("memory", Ioctl::control_in(FILE, setup(0xC0, MEMORY, 64))),
        ("write", Ioctl::write(FILE, BULK_OUT, Bytes::pattern(1, PACKET))),
        ("read", Ioctl::read(FILE, BULK_IN, PACKET)),
        ("small read", Ioctl::read(FILE, BULK_IN, 512)),
        ("abort", Ioctl::abort(FILE, BULK_IN)),
        ("reset", Ioctl::reset(FILE, BULK_IN)),
    ]
}

/// The life of this model.
pub(super) fn of(name: &str, model: &str) -> Scenario {
    scenario(name, "a device that lies, or does not do as it is told", steps(model))
}

fn scenario(name: &str, about: &str, steps: Vec<Step>) -> Scenario {
    Scenario { name: name.into(), about: about.into(), steps }
}

/// A device is pulled while a thread of the script is held on entry of its kernel call number `nth`. `told`: the PnP
/// manager knows, and does what it can; otherwise only the cable is out.
pub(super) fn pulled_at(model: &str, nth: u32, told: bool, face: Face, way: Completion) -> Scenario {
    let pull = if told { unplug(DEVICE) } else { crate::campaign::attempt::poke(DEVICE, Poke::Pull) };
    let branches = vec![Branch::held_at_call(nth, "*", steps(model)), Branch::last(vec![pull])];
    let race = Step::Race(Race { branches });
    let name = format!("pulled_at_call_{nth}");
    scenario(&name, "the cable is pulled at a kernel call", vec![race]).with_devices(|plug| {
        (plug.face, plug.completion) = (face, way);
    })
}

/// Something is done to the device before step number `at` of its life.
pub(super) fn poked(model: &str, at: usize, poke: Poke) -> Scenario {
    let mut steps = steps(model);
    let step = crate::campaign::attempt::poke(DEVICE, poke);
    steps.insert(at.min(steps.len()), step);
    scenario(&format!("poked_at_step_{at}"), "something is done to the device", steps)
}

/// What can be done to it.
pub(super) const POKES: [Poke; 7] = [
    Poke::Mute,
    Poke::Pull,
    Poke::CyclePort,
    Poke::Halt { endpoint: BULK_OUT },
    Poke::Halt { endpoint: BULK_IN },
    Poke::Nak { endpoint: BULK_OUT, on: true },
    Poke::Nak { endpoint: BULK_IN, on: true },
];
