//! Short forms of the steps that many scenarios use.

use nt_trace::NtStatus;
use usb_models::models::loopback;
use usbclient_protocol::{InterfaceSelect, SettingSelect, SetupPacket, control_code};

use crate::{
    pnp::NodeState,
    scenario::{Bytes, DEVICE, Expectation, Expected, Ioctl, Open, Plug, PnpOperation, Scenario, Step},
};

/// The model that most scenarios use.
pub(super) const MODEL: &str = "loopback-hs";
/// The handle that most scenarios use.
pub(super) const FILE: &str = "file";
/// Bytes of a small transfer: whole packets at every speed.
pub(super) const PACKET: u32 = 1024;

pub(super) fn scenario(name: &str, about: &str, steps: Vec<Step>) -> Scenario {
    Scenario { name: name.into(), about: about.into(), steps }
}

/// A life of a device: plugged, opened, and pulled at the end.
pub(super) fn life_of(model: &str, name: &str, about: &str, middle: Vec<Step>) -> Scenario {
    let mut steps = vec![Step::Plug(Plug::new(DEVICE, model)), open()];
    steps.extend(middle);
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario(name, about, steps)
}

/// The same, and the device works at the end.
pub(super) fn working_life_of(model: &str, name: &str, about: &str, mut middle: Vec<Step>) -> Scenario {
    middle.extend(echo(FILE, 99));
    life_of(model, name, about, middle)
}

/// The same of the model that most scenarios use.
pub(super) fn life(name: &str, about: &str, middle: Vec<Step>) -> Scenario {
    working_life_of(MODEL, name, about, middle)
}

pub(super) fn plug() -> Step {
    Step::Plug(Plug::new(DEVICE, MODEL))
}

pub(super) fn plug_with_filter() -> Step {
    Step::Plug(Plug { filter: true, ..Plug::new(DEVICE, MODEL) })
}

pub(super) fn unplug() -> Step {
    Step::Unplug { device: DEVICE.into() }
}

pub(super) fn open() -> Step {
    Step::Open(Open::new(DEVICE, FILE))
}

pub(super) fn close() -> Step {
    close_file(FILE)
}

pub(super) fn close_file(file: &str) -> Step {
    Step::Close { file: file.into() }
}

pub(super) const fn ioctl(ioctl: Ioctl, expect: Expected) -> Step {
    Step::Ioctl { ioctl, expect }
}

/// A read that waits until data come.
pub(super) fn submit_read(request: &str) -> Step {
    submit_read_of(request, FILE)
}

pub(super) fn submit_read_of(request: &str, file: &str) -> Step {
    Step::Submit { request: request.into(), ioctl: Ioctl::read(file, loopback::BULK_IN, PACKET) }
}

pub(super) fn wait(request: &str, expect: Expected) -> Step {
    Step::Wait { request: request.into(), expect }
}

pub(super) fn cancel(request: &str) -> Step {
    Step::Cancel { request: request.into() }
}

pub(super) fn pnp(operation: PnpOperation) -> Step {
    pnp_ends(operation, Expected::success())
}

pub(super) fn pnp_ends(operation: PnpOperation, expect: Expected) -> Step {
    Step::Pnp { device: DEVICE.into(), operation, expect }
}

pub(super) fn is(state: NodeState) -> Step {
    Step::Expect(Expectation::State { device: DEVICE.into(), state })
}

pub(super) fn arrived(arrived: bool) -> Step {
    Step::Expect(Expectation::Interface { device: DEVICE.into(), arrived })
}

pub(super) fn calls(routine: &str, count: u64) -> Step {
    Step::Expect(Expectation::Calls { routine: routine.into(), count })
}

pub(super) fn ends(status: NtStatus) -> Expected {
    Expected::status(status)
}

/// The value of the first handle that a device's table gives out.
const FIRST_CLAIM: u32 = 0x1000;

/// Claims an interface, if there is such a thing, before its settings are selected.
pub(super) fn claim(interface: u8) -> Step {
    let input = InterfaceSelect { number: interface, ..InterfaceSelect::default() };
    let claim = Ioctl::new(FILE, control_code::CLAIM_INTERFACE, Bytes::of(input.encode()), Bytes::room(4));
    ioctl(claim, Expected::anything())
}

/// Selects an alternate setting of an interface, which is named by its claim or by its number.
pub(super) fn select(interface: u8, alternate: u8) -> [Step; 2] {
    [FIRST_CLAIM, interface.into()].map(|interface| {
        let input = SettingSelect { interface, alternate, reserved: [0; 3] };
        let code = control_code::SELECT_INTERFACE;
        ioctl(Ioctl::new(FILE, code, Bytes::of(input.encode()), Bytes::none()), Expected::anything())
    })
}

/// Writes to the loop and reads the same back.
pub(super) fn echo(file: &str, seed: u64) -> [Step; 2] {
    let data = Bytes::pattern(seed, PACKET);
    let length = u64::from(PACKET);
    [
        ioctl(Ioctl::write(file, loopback::BULK_OUT, data.clone()), Expected::success().moved(length)),
        ioctl(Ioctl::read(file, loopback::BULK_IN, PACKET), Expected::success().moved(length).bytes(data)),
    ]
}

/// Control transfers: writes the device's memory, reads it back, asks how much is in the loop.
pub(super) fn control_transfers(file: &str, seed: u64) -> Vec<Step> {
    let data = Bytes::pattern(seed, 64);
    let setup =
        |request_type, request, length| SetupPacket { request_type, request, value: 0, index: 0, length };
    let write = Ioctl::control_out(file, setup(0x40, loopback::MEMORY, 64), data.clone());
    let read = Ioctl::control_in(file, setup(0xC0, loopback::MEMORY, 64));
    let level = Ioctl::control_in(file, setup(0xC0, loopback::LEVEL, 4));
    vec![
        ioctl(write, Expected::success().moved(64)),
        ioctl(read, Expected::success().moved(64).bytes(data)),
        ioctl(level, Expected::success().moved(4).bytes(Bytes::room(4))),
    ]
}
