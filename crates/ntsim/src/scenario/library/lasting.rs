//! What lasts when the device sleeps, stops or halts: continuous reading, settings, streams, and what is set for pipes.

use usb_models::models::{
    loopback::{BULK_IN, BULK_OUT},
    settings, stream_loopback,
};
use usbclient_protocol::{
    InterfaceSelect, PipeOpen, PipeTransfer, ReaderState, SettingSelect, control_code, policy, reader_flag,
    reader_phase,
};

use super::{
    build::{
        FILE, cancel, close, control_transfers, echo, ends, ioctl, is, life, life_of, open, pnp, scenario,
        submit_read, unplug, wait,
    },
    power::{a_while, asleep, nap, plug_eager, power_state, sleep, wake},
    readers::{READ, any, of, phase, read, settle, start, start_bulk, state, stop, write},
    streams::{close_streams, echo_on, open_both, pending},
};
use crate::{
    abi::{
        power::POWER_DEVICE_D0,
        status::{STATUS_CANCELLED, STATUS_IO_TIMEOUT, STATUS_SUCCESS, STATUS_UNSUCCESSFUL},
    },
    pnp::NodeState,
    power::Sleep,
    scenario::{
        Branch, Bytes, Completion, DEVICE, Expectation, Expected, Ioctl, Plug, PnpOperation, Poke, Race,
        Scenario, Step,
    },
};

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        reader_suspended(),
        reader_asleep(),
        reader_and_idle_races(),
        reader_clears_halt(),
        reader_halts_for_ever(),
        reader_halts_and_sleeps(),
        reader_and_setting(),
        reader_stopped_while_stopped(),
        reader_of_a_device_that_always_has_data(),
        asked_while_suspended(),
        not_to_be_suspended_any_more(),
        busy_for_ever(),
        pipe_reset_on_resume(),
        asleep_with_setting(),
        asleep_with_streams(),
        setting_while_asleep(),
        streams_abandoned_and_setting(),
        streams_abandoned_asleep(),
        timeout_of_handle(),
    ]
}

fn eager_life(name: &str, about: &str, middle: Vec<Step>) -> Scenario {
    let mut steps = vec![plug_eager(), open()];
    steps.extend(middle);
    steps.extend(echo(FILE, 99));
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario(name, about, steps)
}

fn halt() -> Step {
    Step::Poke { device: DEVICE.into(), poke: Poke::Halt { endpoint: BULK_IN } }
}

fn set(endpoint: u8, policy: u32, value: u32) -> Step {
    ioctl(Ioctl::set_policy(FILE, endpoint, policy, value), Expected::success())
}

fn tells(endpoint: u8, policy: u32, value: u32) -> Step {
    let expect = Expected::success().moved(4).bytes(Bytes::of(value.to_le_bytes()));
    ioctl(Ioctl::get_policy(FILE, endpoint, policy), expect)
}

fn got(seed: u64) -> Expected {
    Expected::success().moved(READ.into()).bytes(Bytes::pattern(seed, READ))
}

fn race(branches: Vec<Vec<Step>>) -> Step {
    Step::Race(Race { branches: branches.into_iter().map(Branch::new).collect() })
}

fn select(interface: u8, alternate: u8) -> Ioctl {
    let input = SettingSelect { interface: interface.into(), alternate, reserved: [0; 3] };
    Ioctl::new(FILE, control_code::SELECT_INTERFACE, Bytes::of(input.encode()), Bytes::none())
}

fn reader_suspended() -> Scenario {
    let middle = vec![
        start_bulk(),
        write(1, READ),
        write(2, READ),
        a_while(),
        asleep(),
        // What the ring holds is handed out, and nobody is woken for it.
        phase(BULK_IN, reader_phase::PAUSED),
        read(1, READ),
        asleep(),
        // A read of an empty ring is a request like any other.
        read(2, READ),
        submit_read("waiting"),
        a_while(),
        power_state(POWER_DEVICE_D0),
        phase(BULK_IN, reader_phase::RUNNING),
        write(3, READ),
        wait("waiting", got(3)),
        a_while(),
        asleep(),
        submit_read("cancelled"),
        a_while(),
        power_state(POWER_DEVICE_D0),
        cancel("cancelled"),
        wait("cancelled", ends(STATUS_CANCELLED).moved(0)),
        a_while(),
        asleep(),
        write(4, READ),
        settle(),
        read(4, READ),
        stop(BULK_IN),
        a_while(),
        asleep(),
    ];
    eager_life(
        "reader_suspended",
        "a device that is only read continuously is suspended, and goes on",
        middle,
    )
}

fn reader_asleep() -> Scenario {
    let mut middle = vec![start_bulk(), write(1, READ), settle()];
    for (seed, state) in [(1, Sleep::S1), (2, Sleep::S3), (3, Sleep::S4)] {
        middle.push(submit_read("none"));
        middle.push(wait("none", got(seed)));
        middle.push(submit_read("waiting"));
        middle.extend(nap(state));
        middle.extend([phase(BULK_IN, reader_phase::RUNNING), write(seed + 10, READ)]);
        middle.push(wait("waiting", got(seed + 10)));
        middle.extend([write(seed + 1, READ), settle()]);
    }
    middle.extend([read(4, READ), stop(BULK_IN)]);
    life("reader_asleep", "the system sleeps while a pipe is read continuously", middle)
}

fn reader_and_idle_races() -> Scenario {
    let later = |microseconds| Step::Sleep { microseconds };
    let writes = vec![later(4_900), any(Ioctl::write(FILE, BULK_OUT, Bytes::pattern(1, READ)))];
    let reads = vec![later(5_100), submit_read("a"), later(5_000), submit_read("b")];
    let system = vec![later(9_900), sleep(Sleep::S3), wake()];
    let middle = vec![
        start_bulk(),
        race(vec![writes, reads, system]),
        Step::Expect(Expectation::PowerQuiet),
        Step::CancelFile { file: FILE.into() },
        wait("a", Expected::any_of(&[STATUS_SUCCESS, STATUS_CANCELLED])),
        wait("b", Expected::any_of(&[STATUS_SUCCESS, STATUS_CANCELLED])),
        a_while(),
        asleep(),
        race(vec![vec![any(Ioctl::stop_reader(FILE, BULK_IN))], vec![later(100), submit_read("c")]]),
        Step::CancelFile { file: FILE.into() },
        wait("c", Expected::anything()),
        any(Ioctl::stop_reader(FILE, BULK_IN)),
        a_while(),
        asleep(),
    ];
    let mut steps = vec![plug_eager(), open()];
    steps.extend(middle);
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    let about = "data, reads, idleness and the system's sleep come at once to a device with a reader";
    scenario("reader_and_idle_races", about, steps)
}

fn reader_clears_halt() -> Scenario {
    let middle = vec![
        set(BULK_IN, policy::AUTO_CLEAR_STALL, 1),
        start_bulk(),
        write(1, READ),
        settle(),
        submit_read("first"),
        wait("first", got(1)),
        submit_read("waiting"),
        halt(),
        settle(),
        phase(BULK_IN, reader_phase::RUNNING),
        write(2, READ),
        wait("waiting", got(2)),
        halt(),
        settle(),
        write(3, READ),
        settle(),
        state(
            BULK_IN,
            ReaderState {
                phase: reader_phase::RUNNING,
                waiting: READ,
                received: u64::from(READ) * 3,
                errors: 2,
                last_error: STATUS_UNSUCCESSFUL.0,
                ..ReaderState::default()
            },
        ),
        read(3, READ),
        stop(BULK_IN),
    ];
    life("reader_clears_halt", "a halt is cleared by policy, and continuous reading goes on", middle)
}

fn reader_halts_for_ever() -> Scenario {
    let middle = vec![
        set(BULK_IN, policy::AUTO_CLEAR_STALL, 1),
        start_bulk(),
        submit_read("waiting"),
        halt(),
        settle(),
        phase(BULK_IN, reader_phase::RUNNING),
        // No data came since: that does not help.
        halt(),
        wait("waiting", ends(STATUS_UNSUCCESSFUL).moved(0)),
        phase(BULK_IN, reader_phase::FAILED),
        ioctl(Ioctl::reset(FILE, BULK_IN), Expected::success()),
        phase(BULK_IN, reader_phase::RUNNING),
        write(1, READ),
        settle(),
        read(1, READ),
        stop(BULK_IN),
    ];
    life(
        "reader_halts_for_ever",
        "a pipe that halts again before it gave any data is not cleared again",
        middle,
    )
}

fn reader_halts_and_sleeps() -> Scenario {
    let middle = vec![
        set(BULK_IN, policy::AUTO_CLEAR_STALL, 1),
        start_bulk(),
        race(vec![vec![halt()], vec![sleep(Sleep::S3), wake()], vec![any(Ioctl::reset(FILE, BULK_IN))]]),
        Step::Expect(Expectation::PowerQuiet),
        settle(),
        race(vec![
            vec![halt()],
            vec![pnp(PnpOperation::Rebalance)],
            vec![any(Ioctl::stop_reader(FILE, BULK_IN))],
        ]),
        settle(),
        any(Ioctl::stop_reader(FILE, BULK_IN)),
        any(Ioctl::reset(FILE, BULK_IN)),
    ];
    life(
        "reader_halts_and_sleeps",
        "a halt is cleared while the system sleeps, and the device is stopped",
        middle,
    )
}

fn reader_and_setting() -> Scenario {
    let mut middle = vec![
        start_bulk(),
        submit_read("first"),
        submit_read("second"),
        ioctl(select(settings::INTERFACE, settings::LOOP_ALONE), Expected::success()),
        wait("first", ends(STATUS_CANCELLED).moved(0)),
        wait("second", ends(STATUS_CANCELLED).moved(0)),
        phase(BULK_IN, reader_phase::NONE),
    ];
    middle.extend(echo(FILE, 1));
    middle.extend([
        start_bulk(),
        write(2, READ),
        settle(),
        read(2, READ),
        race(vec![
            vec![any(select(settings::INTERFACE, 0))],
            vec![
                any(Ioctl::stop_reader(FILE, BULK_IN)),
                any(Ioctl::start_reader(FILE, of(BULK_IN, READ, 2, READ * 2, 0))),
            ],
            vec![submit_read("third")],
        ]),
        Step::CancelFile { file: FILE.into() },
        wait("third", Expected::anything()),
        any(Ioctl::stop_reader(FILE, BULK_IN)),
    ]);
    middle.extend(echo(FILE, 3));
    life_of(
        "settings",
        "reader_and_setting",
        "selecting a setting ends continuous reading of its pipes",
        middle,
    )
}

fn reader_stopped_while_stopped() -> Scenario {
    let middle = vec![
        start_bulk(),
        write(1, READ),
        settle(),
        pnp(PnpOperation::QueryStop),
        pnp(PnpOperation::Stop),
        Step::Submit { request: "stop".into(), ioctl: Ioctl::stop_reader(FILE, BULK_IN) },
        pnp(PnpOperation::Start),
        wait("stop", Expected::success()),
        phase(BULK_IN, reader_phase::NONE),
        start_bulk(),
        pnp(PnpOperation::QueryStop),
        pnp(PnpOperation::Stop),
        close(),
        pnp(PnpOperation::Start),
        open(),
        phase(BULK_IN, reader_phase::NONE),
        start_bulk(),
        Step::Open(crate::scenario::Open::new(DEVICE, "other")),
        race(vec![
            vec![pnp(PnpOperation::Rebalance)],
            vec![any(Ioctl::stop_reader("other", BULK_IN))],
            vec![close()],
        ]),
        Step::Close { file: "other".into() },
        open(),
    ];
    let about = "continuous reading ends while the device is stopped, by request and with its file";
    life("reader_stopped_while_stopped", about, middle)
}

fn reader_of_a_device_that_always_has_data() -> Scenario {
    const PACKETS: u32 = 1_000;
    let inline = Step::Plug(Plug { completion: Completion::Inline, ..Plug::new(DEVICE, "loopback-hs") });
    let counted = ReaderState {
        phase: reader_phase::RUNNING,
        waiting: READ,
        received: u64::from(READ * PACKETS),
        dropped: u64::from(READ * (PACKETS - 1)),
        overflows: PACKETS - 1,
        ..ReaderState::default()
    };
    let mut steps = vec![inline, open(), write(1, READ * PACKETS)];
    steps.extend([
        start(of(BULK_IN, READ, 2, READ, reader_flag::DROP_OLDEST)),
        Step::Sleep { microseconds: 1_000_000 },
        state(BULK_IN, counted),
        stop(BULK_IN),
    ]);
    steps.extend(echo(FILE, 99));
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    let about =
        "above a stack that completes at once reads are sent in passes, with a turn for others between";
    scenario("reader_of_a_device_that_always_has_data", about, steps)
}

fn asked_while_suspended() -> Scenario {
    let ask = |code, input: Bytes, room: u32| any(Ioctl::new(FILE, code, input, Bytes::room(room)));
    let claim = InterfaceSelect { number: 0, reserved: [0; 3] };
    let mut middle = vec![a_while(), asleep()];
    for code in [
        control_code::GET_DEVICE_DESCRIPTOR,
        control_code::GET_CONFIGURATION_DESCRIPTOR,
        control_code::GET_PIPES,
        control_code::GET_INTERFACES,
        control_code::GET_DEVICE_INFO,
    ] {
        middle.extend([ask(code, Bytes::none(), 512), asleep()]);
    }
    middle.extend([
        set(BULK_IN, policy::AUTO_CLEAR_STALL, 1),
        tells(BULK_IN, policy::AUTO_CLEAR_STALL, 1),
        phase(BULK_IN, reader_phase::NONE),
        ask(control_code::CLAIM_INTERFACE, Bytes::of(claim.encode()), 4),
        ioctl(Ioctl::flush(FILE, BULK_IN), Expected::success()),
        a_while(),
        asleep(),
    ]);
    middle.extend(control_transfers(FILE, 1));
    middle.push(power_state(POWER_DEVICE_D0));
    let about = "requests that the driver answers from memory do not wake a suspended device";
    eager_life("asked_while_suspended", about, middle)
}

fn not_to_be_suspended_any_more() -> Scenario {
    let middle = vec![
        a_while(),
        asleep(),
        set(0, policy::AUTO_SUSPEND, 0),
        a_while(),
        power_state(POWER_DEVICE_D0),
        set(0, policy::AUTO_SUSPEND, 1),
        a_while(),
        asleep(),
    ];
    let about = "a suspended device comes up when AUTO_SUSPEND is turned off";
    eager_life("not_to_be_suspended_any_more", about, middle)
}

fn busy_for_ever() -> Scenario {
    let mut steps = vec![plug_eager(), open(), submit_read("read")];
    // The idle timer does not run meanwhile.
    steps.extend([Step::Sleep { microseconds: 10_000_000 }, power_state(POWER_DEVICE_D0)]);
    steps.extend([cancel("read"), wait("read", ends(STATUS_CANCELLED)), a_while(), asleep()]);
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario("busy_for_ever", "a device with a request that does not end is not watched for idleness", steps)
}

fn pipe_reset_on_resume() -> Scenario {
    let mut middle =
        vec![set(BULK_IN, policy::RESET_PIPE_ON_RESUME, 1), set(BULK_OUT, policy::RESET_PIPE_ON_RESUME, 1)];
    for (seed, state) in [(1, Sleep::S3), (2, Sleep::S4)] {
        middle.extend([sleep(state), halt(), submit_read("held"), wake(), write(seed, READ)]);
        middle.push(wait("held", got(seed)));
    }
    middle.extend([start_bulk(), sleep(Sleep::S3), halt(), wake(), write(3, READ), settle(), read(3, READ)]);
    middle.push(stop(BULK_IN));
    // Without it the halt stays.
    middle.extend([set(BULK_IN, policy::RESET_PIPE_ON_RESUME, 0), sleep(Sleep::S3), halt(), wake()]);
    middle.push(ioctl(Ioctl::read(FILE, BULK_IN, READ), ends(STATUS_UNSUCCESSFUL).moved(0)));
    middle.push(ioctl(Ioctl::reset(FILE, BULK_IN), Expected::success()));
    life("pipe_reset_on_resume", "pipes with RESET_PIPE_ON_RESUME are reset before requests go on", middle)
}

fn asleep_with_setting() -> Scenario {
    let mut middle = vec![ioctl(select(settings::INTERFACE, settings::LOOP_ALONE), Expected::success())];
    for (seed, state) in [(1, Sleep::S3), (2, Sleep::S4)] {
        middle.push(submit_read("held"));
        middle.extend(nap(state));
        middle.extend([write(seed, READ), wait("held", got(seed))]);
        middle.extend(echo(FILE, seed + 10));
    }
    life_of("settings", "asleep_with_setting", "an alternate setting lasts while the system sleeps", middle)
}

fn asleep_with_streams() -> Scenario {
    let mut middle = open_both(4).to_vec();
    for state in [Sleep::S3, Sleep::S4] {
        middle.push(pending("held", 4, 3));
        middle.extend(nap(state));
        middle.push(cancel("held"));
        middle.push(wait("held", Expected::anything()));
        middle.extend(echo_on((0, 4), &[1, 2, 4]));
    }
    middle.push(close_streams(stream_loopback::IN, Expected::success()));
    middle.push(close_streams(stream_loopback::OUT, Expected::success()));
    life_of("stream-loopback-ss", "asleep_with_streams", "streams last while the system sleeps", middle)
}

fn setting_while_asleep() -> Scenario {
    let held = |request: &str, ioctl| Step::Submit { request: request.into(), ioctl };
    let mut middle = Vec::new();
    for (alternate, state) in [(settings::LOOP_ALONE, Sleep::S3), (0, Sleep::S4)] {
        middle.extend([
            sleep(state),
            held("setting", select(settings::INTERFACE, alternate)),
            held("reset", Ioctl::reset(FILE, BULK_IN)),
            held("port", Ioctl::new(FILE, control_code::RESET_PORT, Bytes::none(), Bytes::none())),
            wake(),
            wait("setting", Expected::success()),
            wait("reset", Expected::success()),
            wait("port", Expected::success()),
        ]);
        middle.extend(echo(FILE, 1));
    }
    let about = "a setting is selected and pipe and port are reset while the system sleeps: when it wakes";
    life_of("settings", "setting_while_asleep", about, middle)
}

fn streams_abandoned_and_setting() -> Scenario {
    let mut middle = open_both(4).to_vec();
    middle.push(pending("read", 4, 1));
    middle.push(Step::Open(crate::scenario::Open::new(DEVICE, "other")));
    let port = Ioctl::new("other", control_code::RESET_PORT, Bytes::none(), Bytes::none());
    let input = SettingSelect { interface: 0, alternate: 0, reserved: [0; 3] };
    let setting =
        Ioctl::new("other", control_code::SELECT_INTERFACE, Bytes::of(input.encode()), Bytes::none());
    middle.push(race(vec![vec![close()], vec![any(port)], vec![any(setting)]]));
    middle.push(wait("read", Expected::anything()));
    middle.extend([open(), Step::Close { file: "other".into() }]);
    let about = "a file with open streams is closed while the port is reset and a setting is selected";
    life_of("stream-loopback-ss", "streams_abandoned_and_setting", about, middle)
}

fn streams_abandoned_asleep() -> Scenario {
    let mut middle = open_both(4).to_vec();
    middle.extend([sleep(Sleep::S3), close(), wake(), open()]);
    middle.push(settle());
    let plain = Ioctl::read_within(FILE, stream_loopback::IN, READ, 10);
    middle.push(any(plain));
    let about = "a file with open streams is closed while the system sleeps: they are closed when it wakes";
    life_of("stream-loopback-ss", "streams_abandoned_asleep", about, middle)
}

fn timeout_of_handle() -> Scenario {
    const CLAIM: u32 = 0x1000;
    let claim = InterfaceSelect { number: 0, reserved: [0; 3] }.encode();
    let claim = Ioctl::new(FILE, control_code::CLAIM_INTERFACE, Bytes::of(claim), Bytes::room(4));
    let pipe = PipeOpen { interface: CLAIM, endpoint: BULK_IN, reserved: [0; 3] }.encode();
    let pipe = Ioctl::new(FILE, control_code::OPEN_PIPE, Bytes::of(pipe), Bytes::room(4));
    let read = PipeTransfer::new(CLAIM + 1).encode();
    let read = Ioctl::new(FILE, control_code::PIPE_READ, Bytes::of(read), Bytes::room(READ));
    let middle = vec![
        ioctl(claim, Expected::success()),
        ioctl(pipe, Expected::success()),
        set(BULK_IN, policy::PIPE_TRANSFER_TIMEOUT, 10),
        ioctl(read.clone(), ends(STATUS_IO_TIMEOUT).moved(0)),
        pnp(PnpOperation::QueryStop),
        pnp(PnpOperation::Stop),
        ioctl(read, ends(STATUS_IO_TIMEOUT).moved(0)),
        pnp(PnpOperation::Start),
        set(BULK_IN, policy::PIPE_TRANSFER_TIMEOUT, 0),
    ];
    let about =
        "a read that names its pipe by a handle has the pipe's timeout, also while the device is stopped";
    life("timeout_of_handle", about, middle)
}
