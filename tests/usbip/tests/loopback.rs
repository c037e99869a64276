//! What the shipped driver does with devices of a USB/IP server.

mod server;

use std::time::{Duration, Instant};

use nt_trace::NtStatus;
use ntsim::{
    life::{Life, play},
    machine::{Choices, Machine},
    pnp::NodeState,
    scenario::{Bytes, Expectation, Expected, Ioctl, Open, Plug, Scenario, Step, library},
    usbip::{Address, Input, Limits, Recording, attach},
};
use scenarios::{assert_clean, live, machine};
use server::{BUS_ID, Cable, Server, keyboard, serial_port};
use usbclient_protocol::SetupPacket;

const DEVICE: &str = "device";
const FILE: &str = "file";
const BULK_IN: u8 = 0x82;
const BULK_OUT: u8 = 0x02;
const NOT_CONNECTED: NtStatus = NtStatus(0xC000_009D);

fn address(port: u16) -> Address {
    Address { host: "127.0.0.1".into(), port, bus_id: BUS_ID.into() }
}

fn plug(port: u16) -> Step {
    Step::Plug(Plug::new(DEVICE, &address(port).model()))
}

fn script(steps: impl IntoIterator<Item = Step>) -> Scenario {
    let steps = steps.into_iter().collect();
    Scenario { name: "usbip".into(), about: "a device of a USB/IP server".into(), steps }
}

fn open() -> Step {
    Step::Open(Open::new(DEVICE, FILE))
}

const fn ioctl(ioctl: Ioctl, expect: Expected) -> Step {
    Step::Ioctl { ioctl, expect }
}

fn state(state: NodeState) -> Step {
    Step::Expect(Expectation::State { device: DEVICE.into(), state })
}

fn the_end() -> [Step; 3] {
    [Step::Close { file: FILE.into() }, Step::Unplug { device: DEVICE.into() }, Step::Unload]
}

fn recorded(machine: &Machine) -> Recording {
    machine.kernel().outside.recording()
}

/// The same life again, without the device.
fn again(machine: &mut Machine, scenario: &Scenario, recording: &Recording) -> Life {
    let text = serde_json::to_string(recording).expect("it can be written down");
    let recording = Recording::read(&text).expect("it can be read again");
    machine.kernel_mut().outside.replay(recording);
    live(machine, scenario, Choices::InTurn)
}

#[test]
fn a_serial_port_is_written_to_and_read_and_lives_again_without_its_server() {
    let server = Server::new(serial_port(b"hello, driver"));
    let product = SetupPacket { request_type: 0x80, request: 6, value: 0x0303, index: 0x0409, length: 16 };
    let is = |text: &[u8]| Expected::success().moved(text.len() as u64).bytes(Bytes::of(text));
    let steps = [
        plug(server.port()),
        open(),
        ioctl(Ioctl::control_in(FILE, product), is(b"\x10\x03P\0r\0o\0d\0u\0c\0t\0")),
        ioctl(Ioctl::write(FILE, BULK_OUT, Bytes::pattern(1, 70_000)), Expected::success().moved(70_000)),
        ioctl(Ioctl::read(FILE, BULK_IN, 512), is(b"hello, driver")),
        // The crate's port answers with no bytes when it has none.
        ioctl(Ioctl::read(FILE, BULK_IN, 512), is(b"")),
    ];
    let scenario = script(steps.into_iter().chain(the_end()));
    let mut machine = machine();
    let first = play(&mut machine, &scenario);
    assert_clean(&first, "with the server");
    let recording = recorded(&machine);
    drop(server);
    assert_eq!(recording.sessions.len(), 1);
    assert!(recording.sessions[0].inputs.len() >= 6, "{recording:?}");
    let second = again(&mut machine, &scenario, &recording);
    assert_clean(&second, "without the server");
    assert!(first.events == second.events, "the same inputs, another life");
    assert_eq!(recorded(&machine), recording);
}

#[test]
fn somebody_types_on_a_keyboard() {
    let server = Server::new(keyboard("aZ"));
    let read = |report: &[u8]| {
        ioctl(
            Ioctl::read(FILE, 0x81, 8),
            Expected::success().moved(report.len() as u64).bytes(Bytes::of(report)),
        )
    };
    let released = [0; 6];
    let steps = [
        plug(server.port()),
        open(),
        read(&[0, 0, 4, 0, 0, 0, 0, 0]),
        read(&released),
        read(&[2, 0, 29, 0, 0, 0, 0, 0]),
        read(&released),
        read(&[]),
    ];
    let mut machine = machine();
    let life = play(&mut machine, &script(steps.into_iter().chain(the_end())));
    assert_clean(&life, "a keyboard");
}

#[test]
fn the_life_that_suits_any_device() {
    let server = Server::new(serial_port(b"x"));
    let attached = attach(&address(server.port()), Limits::default()).expect("it is exported");
    let scenario = library::life_elsewhere(&address(server.port()).model(), attached.identity());
    let mut machine = machine();
    machine.kernel_mut().outside.offer(attached);
    let life = play(&mut machine, &scenario);
    assert_clean(&life, "life_elsewhere");
    assert!(machine.kernel().outside.losses().is_empty());
}

#[test]
fn a_device_is_given_back_and_can_be_had_again() {
    let server = Server::new(serial_port(b""));
    let unplug = || Step::Unplug { device: DEVICE.into() };
    let steps = [plug(server.port()), unplug(), plug(server.port()), unplug(), Step::Unload];
    let mut machine = machine();
    let life = play(&mut machine, &script(steps));
    assert_clean(&life, "twice");
    assert_eq!(recorded(&machine).sessions.len(), 2);
}

#[test]
fn no_server_and_no_such_bus_id() {
    let mut machine = machine();
    let server = Server::new(serial_port(b""));
    let nobody = {
        let gone = Server::new(serial_port(b""));
        gone.port()
    };
    let other = Address { bus_id: "9-9".into(), ..address(server.port()) };
    let cases = [
        (address(nobody).model(), "no USB/IP server answers at 127.0.0.1:"),
        (other.model(), "does not give 9-9 away (status 1)"),
        ("usbip:nonsense".to_owned(), "nonsense is no address of a USB/IP device"),
    ];
    for (model, text) in cases {
        let begun = Instant::now();
        let life = live(&mut machine, &script([Step::Plug(Plug::new(DEVICE, &model))]), Choices::InTurn);
        let reason = life.cut_short.unwrap_or_default();
        assert!(reason.contains(text), "{reason}");
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}

/// The connection is cut in the middle of the data of a write: the driver sees an unplug.
#[test]
fn a_server_that_vanishes_in_the_middle_of_a_transfer() {
    let server = Server::new(serial_port(b"never read"));
    let cable = Cable::new(server.port(), 20_000);
    let write = Ioctl::write(FILE, BULK_OUT, Bytes::pattern(2, 100_000));
    let steps = [
        plug(cable.port()),
        open(),
        ioctl(write.clone(), Expected::status(NOT_CONNECTED)),
        state(NodeState::DeletePendingCloses),
        ioctl(write, Expected::status(NOT_CONNECTED)),
        Step::Close { file: FILE.into() },
        state(NodeState::Deleted),
        Step::Unload,
    ];
    let mut machine = machine();
    let scenario = script(steps);
    let first = play(&mut machine, &scenario);
    assert_clean(&first, "a cable that is cut");
    let losses = machine.kernel().outside.losses();
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert!(losses[0].contains("the USB/IP server closed the connection"), "{losses:?}");
    let recording = recorded(&machine);
    assert!(matches!(recording.sessions[0].inputs.last(), Some(Input::Lost { .. })));
    drop((cable, server));
    let second = again(&mut machine, &scenario, &recording);
    assert!(first.events == second.events, "the same loss, another life");
}

/// The crate's server does not know this request, and gives up.
#[test]
fn a_server_that_fails_at_a_request() {
    let server = Server::new(serial_port(b""));
    let steps = [
        plug(server.port()),
        open(),
        ioctl(Ioctl::reset(FILE, BULK_IN), Expected::anything()),
        Step::Sleep { microseconds: 1000 },
        state(NodeState::DeletePendingCloses),
        ioctl(Ioctl::read(FILE, BULK_IN, 512), Expected::status(NOT_CONNECTED)),
        Step::Close { file: FILE.into() },
        state(NodeState::Deleted),
        Step::Unload,
    ];
    let mut machine = machine();
    let life = play(&mut machine, &script(steps));
    assert_clean(&life, "a server that gives up");
    assert_eq!(machine.kernel().outside.losses().len(), 1);
}

/// A recording of other requests is not taken for the device.
#[test]
fn another_script_than_the_recorded_one() {
    let server = Server::new(serial_port(b"abc"));
    let read = |length| ioctl(Ioctl::read(FILE, BULK_IN, length), Expected::anything());
    let script_of = |length| script([plug(server.port()), open(), read(length)].into_iter().chain(the_end()));
    let mut machine = machine();
    let first = play(&mut machine, &script_of(512));
    assert_clean(&first, "the recorded one");
    let recording = recorded(&machine);
    let _other = again(&mut machine, &script_of(1024), &recording);
    let losses = machine.kernel().outside.losses();
    assert!(losses.iter().any(|loss| loss.contains("asks otherwise")), "{losses:?}");
}
