//! What is played, under Wine and in the simulated kernel alike.

use anyhow::Result;
use nt_trace::NtStatus;
use ntsim::{
    power::Sleep,
    scenario::{
        Bytes, DEVICE, Expectation, Expected, Ioctl, Open, Plug, PnpOperation, Poke, PowerOperation,
        Scenario, Step,
    },
};
use usb_models::models::loopback;
use usbclient_protocol::{PipeSelect, SetupPacket, control_code};

use crate::{programs, session::Session};

const MODEL: &str = "loopback-hs";
/// The same, and its configuration descriptor ends too early.
const CUT: &str = "loopback-hs:c<20";
const FILE: &str = "file";
const OTHER: &str = "other";
/// Whole packets at every speed.
const PACKET: u32 = 1024;
const NOT_CONNECTED: NtStatus = NtStatus(0xC000_009D);

/// A scenario, and how it is played.
pub struct Play {
    /// What happens.
    pub scenario: Scenario,
    /// How often under Wine: everything is installed anew each time.
    pub times: u32,
    /// What is done under Wine only, after so many steps.
    pub program: Option<(usize, Program)>,
}

/// What a script cannot say.
pub type Program = fn(&mut Session) -> Result<()>;

impl From<Scenario> for Play {
    fn from(scenario: Scenario) -> Self {
        Self { scenario, times: 1, program: None }
    }
}

/// All of them.
#[must_use]
pub fn all() -> Vec<Play> {
    let mut all: Vec<Play> = once().into_iter().map(Play::from).collect();
    all.push(Play { times: 2, ..reinstall().into() });
    let about = "usbctl.exe lists, shows, controls, writes and reads; the data are compared";
    let steps = vec![plug(), unplug(), Step::Unload];
    all.push(Play { program: Some((1, programs::usbctl)), ..scenario("usbctl", about, steps).into() });
    all
}

fn once() -> Vec<Scenario> {
    vec![
        install(),
        start(),
        data(),
        large_transfers(),
        overlapped(),
        cancel_everything(),
        abort_pipe(),
        stalled(),
        process_ends(),
        handles(),
        two_processes(),
        pulled_in_use(),
        pulled_before_it_was_opened(),
        orderly_removal(),
        removal_refused(),
        rebalance(),
        sleep_and_wake(),
        replugged(),
        two_devices(),
        start_fails(),
    ]
}

fn scenario(name: &str, about: &str, steps: Vec<Step>) -> Scenario {
    Scenario { name: name.into(), about: about.into(), steps }
}

/// A device is plugged in, something is done, it is pulled, and the driver is unloaded.
fn life(name: &str, about: &str, middle: Vec<Step>) -> Scenario {
    let mut steps = vec![plug(), has_interface(true)];
    steps.extend(middle);
    steps.extend([unplug(), Step::Unload]);
    scenario(name, about, steps)
}

/// The same with a file that is open.
fn open_life(name: &str, about: &str, middle: Vec<Step>) -> Scenario {
    let mut steps = vec![open(FILE)];
    steps.extend(middle);
    steps.push(close(FILE));
    life(name, about, steps)
}

fn plug() -> Step {
    plug_as(DEVICE, MODEL)
}

fn plug_as(device: &str, model: &str) -> Step {
    Step::Plug(Plug::new(device, model))
}

fn unplug() -> Step {
    Step::Unplug { device: DEVICE.into() }
}

fn has_interface(arrived: bool) -> Step {
    Step::Expect(Expectation::Interface { device: DEVICE.into(), arrived })
}

fn open(file: &str) -> Step {
    Step::Open(Open::new(DEVICE, file))
}

fn open_in(process: &str, file: &str) -> Step {
    Step::Open(Open { process: process.into(), ..Open::new(DEVICE, file) })
}

fn close(file: &str) -> Step {
    Step::Close { file: file.into() }
}

const fn ask(ioctl: Ioctl, expect: Expected) -> Step {
    Step::Ioctl { ioctl, expect }
}

fn read_later(request: &str, file: &str) -> Step {
    Step::Submit { request: request.into(), ioctl: Ioctl::read(file, loopback::BULK_IN, PACKET) }
}

fn ended(request: &str, expect: Expected) -> Step {
    Step::Wait { request: request.into(), expect }
}

fn cancelled(request: &str) -> Step {
    ended(request, Expected::status(NtStatus::CANCELLED))
}

/// Bytes go to the device and come back.
fn echo(file: &str, seed: u64, length: u32) -> [Step; 2] {
    let data = Bytes::pattern(seed, length);
    let moved = u64::from(length);
    [
        ask(Ioctl::write(file, loopback::BULK_OUT, data.clone()), Expected::success().moved(moved)),
        ask(Ioctl::read(file, loopback::BULK_IN, length), Expected::success().moved(moved).bytes(data)),
    ]
}

fn install() -> Scenario {
    scenario(
        "install",
        "driver and bus are installed, a device comes and goes, the driver is unloaded",
        vec![plug(), has_interface(true), unplug(), has_interface_gone(), Step::Unload],
    )
}

fn reinstall() -> Scenario {
    let mut steps = vec![plug(), open(FILE)];
    steps.extend(echo(FILE, 24, PACKET));
    steps.extend([close(FILE), unplug(), Step::Unload]);
    scenario("reinstall", "everything is removed, and installed and used a second time", steps)
}

fn has_interface_gone() -> Step {
    has_interface(false)
}

fn start() -> Scenario {
    open_life(
        "start",
        "START has read the descriptors and selected the configuration",
        vec![
            ask(
                Ioctl::new(FILE, control_code::GET_DEVICE_DESCRIPTOR, Bytes::none(), Bytes::room(18)),
                Expected::success().moved(18),
            ),
            ask(
                Ioctl::new(FILE, control_code::GET_CONFIGURATION_DESCRIPTOR, Bytes::none(), Bytes::room(9)),
                Expected::success().moved(9),
            ),
            ask(
                Ioctl::new(FILE, control_code::GET_DEVICE_INFO, Bytes::none(), Bytes::room(24)),
                Expected::success().moved(24),
            ),
            ask(
                Ioctl::new(FILE, control_code::GET_PIPES, Bytes::none(), Bytes::room(4)),
                Expected::any_of(&[NtStatus::SUCCESS, NtStatus(0x8000_0005)]),
            ),
            ask(Ioctl::new(FILE, 0x8B5C_7FFC, Bytes::none(), Bytes::none()), Expected::failure()),
        ],
    )
}

fn data() -> Scenario {
    let data = Bytes::pattern(7, 64);
    let setup = |request_type| SetupPacket {
        request_type,
        request: loopback::MEMORY,
        value: 0,
        index: 0,
        length: 64,
    };
    let mut steps = vec![
        ask(Ioctl::control_out(FILE, setup(0x40), data.clone()), Expected::success().moved(64)),
        ask(Ioctl::control_in(FILE, setup(0xC0)), Expected::success().moved(64).bytes(data)),
    ];
    steps.extend(echo(FILE, 1, PACKET));
    steps.extend(echo(FILE, 2, 4096));
    open_life("data", "control and bulk transfers, compared byte for byte", steps)
}

fn large_transfers() -> Scenario {
    let mut steps = Vec::new();
    for seed in 1..=8 {
        steps.extend(echo(FILE, seed, 0x1_0000));
    }
    open_life("large_transfers", "half a mebibyte to the device and back", steps)
}

fn overlapped() -> Scenario {
    let mut steps = vec![read_later("first", FILE), read_later("second", FILE)];
    steps.extend([Step::Cancel { request: "second".into() }, cancelled("second")]);
    let data = Bytes::pattern(3, PACKET);
    steps.push(ask(
        Ioctl::write(FILE, loopback::BULK_OUT, data.clone()),
        Expected::success().moved(PACKET.into()),
    ));
    steps.push(ended("first", Expected::success().moved(PACKET.into()).bytes(data)));
    open_life("overlapped", "two reads pend; CancelIoEx ends one, data end the other", steps)
}

fn cancel_everything() -> Scenario {
    open_life(
        "cancel_everything",
        "CancelIoEx for all requests of a file",
        vec![
            read_later("first", FILE),
            read_later("second", FILE),
            Step::CancelFile { file: FILE.into() },
            cancelled("first"),
            cancelled("second"),
        ],
    )
}

fn abort_pipe() -> Scenario {
    let select = |code| Ioctl::new(FILE, code, pipe(loopback::BULK_IN), Bytes::none());
    let mut steps = vec![
        read_later("read", FILE),
        ask(select(control_code::ABORT_PIPE), Expected::success()),
        cancelled("read"),
    ];
    steps.extend(echo(FILE, 4, PACKET));
    open_life("abort_pipe", "a pipe is aborted, and works again", steps)
}

fn stalled() -> Scenario {
    let select = |code| Ioctl::new(FILE, code, pipe(loopback::BULK_OUT), Bytes::none());
    let mut steps = vec![
        Step::Poke { device: DEVICE.into(), poke: Poke::Halt { endpoint: loopback::BULK_OUT } },
        ask(Ioctl::write(FILE, loopback::BULK_OUT, Bytes::pattern(5, PACKET)), Expected::failure()),
        ask(select(control_code::RESET_PIPE), Expected::success()),
    ];
    steps.extend(echo(FILE, 6, PACKET));
    open_life("stalled", "an endpoint halts, the pipe is reset, and works again", steps)
}

fn pipe(endpoint: u8) -> Bytes {
    Bytes::of(PipeSelect::new(endpoint.into()).encode())
}

fn process_ends() -> Scenario {
    let mut steps = vec![
        open_in("short-lived", OTHER),
        read_later("read", OTHER),
        Step::ExitProcess { process: "short-lived".into() },
        open(FILE),
    ];
    steps.extend(echo(FILE, 8, PACKET));
    steps.push(close(FILE));
    life("process_ends", "a process ends with a read pending; the device serves others", steps)
}

fn handles() -> Scenario {
    let mut steps = vec![open(FILE), Step::Duplicate { file: FILE.into(), handle: "second".into() }];
    steps.push(close(FILE));
    steps.extend(echo("second", 9, PACKET));
    steps.extend([close("second"), open(FILE)]);
    steps.extend(echo(FILE, 10, PACKET));
    steps.push(close(FILE));
    life(
        "handles",
        "two handles of one file: CLEANUP with the last; a handle is closed once; none is left",
        steps,
    )
}

fn two_processes() -> Scenario {
    let mut steps = vec![open_in("one", FILE), open_in("two", OTHER)];
    steps.extend(echo(FILE, 11, PACKET));
    steps.extend(echo(OTHER, 12, PACKET));
    steps.extend([close(FILE)]);
    steps.extend(echo(OTHER, 13, PACKET));
    steps.extend([close(OTHER)]);
    life("two_processes", "two processes have the device open", steps)
}

fn pulled_in_use() -> Scenario {
    let mut steps = vec![
        plug(),
        open(FILE),
        read_later("read", FILE),
        unplug(),
        ended("read", Expected::failure()),
        ask(Ioctl::read(FILE, loopback::BULK_IN, PACKET), Expected::status(NOT_CONNECTED)),
        has_interface_gone(),
        close(FILE),
        Step::Sleep { microseconds: 1_000 },
    ];
    // The same device again.
    steps.extend([plug(), open(FILE)]);
    steps.extend(echo(FILE, 14, PACKET));
    steps.extend([close(FILE), unplug(), Step::Unload]);
    scenario(
        "pulled_in_use",
        "the device is pulled with a file open and a read in flight; REMOVE comes after CLOSE; it comes again",
        steps,
    )
}

fn pulled_before_it_was_opened() -> Scenario {
    life("pulled_unused", "the device is pulled, and nobody has it open", Vec::new())
}

fn orderly_removal() -> Scenario {
    let mut steps = vec![plug(), open(FILE)];
    steps.extend(echo(FILE, 15, PACKET));
    steps.extend([
        close(FILE),
        Step::Pnp {
            device: DEVICE.into(),
            operation: PnpOperation::OrderlyRemove,
            expect: Expected::success(),
        },
        Step::Unload,
    ]);
    scenario("orderly_removal", "QUERY_REMOVE is answered, REMOVE follows without SURPRISE_REMOVAL", steps)
}

fn removal_refused() -> Scenario {
    let operation = PnpOperation::CancelRemove;
    let mut steps =
        vec![Step::Pnp { device: DEVICE.into(), operation, expect: Expected::success() }, open(FILE)];
    steps.extend(echo(FILE, 16, PACKET));
    steps.push(close(FILE));
    life("removal_refused", "QUERY_REMOVE, then CANCEL_REMOVE: the device goes on", steps)
}

fn rebalance() -> Scenario {
    let operation = PnpOperation::Rebalance;
    let mut steps = vec![Step::Pnp { device: DEVICE.into(), operation, expect: Expected::success() }];
    steps.extend(echo(FILE, 17, PACKET));
    open_life("rebalance", "QUERY_STOP, STOP and START with a file open", steps)
}

fn sleep_and_wake() -> Scenario {
    let power = |operation| Step::Power { operation, expect: Expected::success() };
    let mut steps =
        vec![power(PowerOperation::Sleep { state: Sleep::S3, critical: false }), power(PowerOperation::Wake)];
    steps.extend(echo(FILE, 18, PACKET));
    open_life("sleep_and_wake", "the system sleeps (S3) and wakes with a file open", steps)
}

fn replugged() -> Scenario {
    let mut steps = Vec::new();
    for seed in 0..20 {
        steps.extend([plug(), open(FILE)]);
        steps.extend(echo(FILE, seed, PACKET));
        steps.extend([close(FILE), unplug()]);
    }
    for (routine, count) in [("USBD_CreateHandle", 20), ("USBD_CloseHandle", 20)] {
        steps.push(Step::Expect(Expectation::Calls { routine: routine.into(), count }));
    }
    steps.push(Step::Unload);
    scenario("replugged", "a device comes and goes twenty times", steps)
}

fn two_devices() -> Scenario {
    let on = |device: &str, file: &str| Step::Open(Open::new(device, file));
    let mut steps = vec![plug(), plug_as("second", MODEL), open(FILE), on("second", OTHER)];
    steps.extend(echo(FILE, 20, PACKET));
    steps.extend(echo(OTHER, 21, PACKET));
    steps.push(read_later("read", FILE));
    steps.extend([Step::Unplug { device: "second".into() }, close(OTHER)]);
    steps.extend([Step::Cancel { request: "read".into() }, cancelled("read")]);
    steps.extend(echo(FILE, 22, PACKET));
    steps.extend([close(FILE), unplug(), Step::Unload]);
    scenario("two_devices", "two devices at once; one is pulled, and the other goes on", steps)
}

fn start_fails() -> Scenario {
    let failing = Plug { expect: Expected::failure(), ..Plug::new("failing", CUT) };
    let mut steps = vec![Step::Plug(failing), Step::Unplug { device: "failing".into() }];
    steps.extend([plug(), open(FILE)]);
    steps.extend(echo(FILE, 23, PACKET));
    steps.extend([close(FILE), unplug(), Step::Unload]);
    scenario("start_fails", "a device whose START fails; the next one works", steps)
}
