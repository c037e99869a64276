//! Continuous reading: into a ring, without loss, and every way in which it ends.

use usb_models::models::loopback::{BULK_IN, BULK_OUT, FLUSH, INTERRUPT_IN, REPORT};
use usbclient_protocol::{ReaderStart, ReaderState, SetupPacket, reader_flag, reader_phase};

use super::build::{
    FILE, PACKET, cancel, close, close_file, ends, ioctl, is, life, open, plug, pnp, scenario, submit_read,
    submit_read_of, unplug, wait,
};
use crate::{
    abi::status::{
        STATUS_CANCELLED, STATUS_DEVICE_NOT_CONNECTED, STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER,
        STATUS_IO_TIMEOUT, STATUS_NO_SUCH_DEVICE, STATUS_SUCCESS, STATUS_UNSUCCESSFUL,
    },
    pnp::NodeState,
    scenario::{Branch, Bytes, DEVICE, Expected, Ioctl, Open, PnpOperation, Poke, Race, Scenario, Step},
};

/// Bytes of one read of the ring.
pub(super) const READ: u32 = PACKET;

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        reader(),
        reader_of_reports(),
        reader_pauses(),
        reader_drops_oldest(),
        reader_waits(),
        reader_is_refused(),
        reader_and_halt(),
        reader_and_cleared_halt(),
        reader_and_abort(),
        reader_and_rebalance(),
        reader_and_stop_cancelled(),
        reader_and_cleanup(),
        reader_and_surprise(),
        reader_stops_in_race(),
        reader_starts_in_race(),
    ]
}

pub(super) fn of(
    endpoint: u8,
    transfer_length: u32,
    transfer_count: u32,
    ring_length: u32,
    flags: u32,
) -> ReaderStart {
    let target = endpoint.into();
    ReaderStart { target, transfer_length, transfer_count, ring_length, flags, reserved: 0 }
}

pub(super) fn start(reader: ReaderStart) -> Step {
    ioctl(Ioctl::start_reader(FILE, reader), Expected::success())
}

/// Three reads at a time, and room for eight.
pub(super) fn start_bulk() -> Step {
    start(of(BULK_IN, READ, 3, READ * 8, 0))
}

pub(super) fn stop(endpoint: u8) -> Step {
    ioctl(Ioctl::stop_reader(FILE, endpoint), Expected::success())
}

pub(super) fn write(seed: u64, length: u32) -> Step {
    let moved = Expected::success().moved(length.into());
    ioctl(Ioctl::write(FILE, BULK_OUT, Bytes::pattern(seed, length)), moved)
}

pub(super) fn read(seed: u64, length: u32) -> Step {
    let found = Expected::success().moved(length.into()).bytes(Bytes::pattern(seed, length));
    ioctl(Ioctl::read(FILE, BULK_IN, READ), found)
}

pub(super) fn phase(endpoint: u8, phase: u32) -> Step {
    let expect = Expected::success().moved(40).bytes(Bytes::of(phase.to_le_bytes()));
    ioctl(Ioctl::reader_state(FILE, endpoint), expect)
}

pub(super) fn state(endpoint: u8, state: ReaderState) -> Step {
    let expect = Expected::success().moved(40).bytes(Bytes::of(state.encode()));
    ioctl(Ioctl::reader_state(FILE, endpoint), expect)
}

/// Time for what is on its way to arrive.
pub(super) const fn settle() -> Step {
    Step::Sleep { microseconds: 5_000 }
}

fn empty() -> Step {
    let flush = SetupPacket { request_type: 0x40, request: FLUSH, ..SetupPacket::default() };
    ioctl(Ioctl::control_out(FILE, flush, Bytes::none()), Expected::success())
}

pub(super) fn any(ioctl: Ioctl) -> Step {
    Step::Ioctl { ioctl, expect: Expected::anything() }
}

fn reader() -> Scenario {
    let mut middle =
        vec![phase(BULK_IN, reader_phase::NONE), start_bulk(), phase(BULK_IN, reader_phase::RUNNING)];
    for seed in 1..=6 {
        middle.push(write(seed, READ));
    }
    middle.push(settle());
    let received = u64::from(READ) * 6;
    let phase_now = reader_phase::RUNNING;
    middle.push(state(
        BULK_IN,
        ReaderState { phase: phase_now, waiting: READ * 6, received, ..ReaderState::default() },
    ));
    for seed in 1..=6 {
        middle.push(read(seed, READ));
    }
    // A short packet ends a read out of the ring, too.
    middle.extend([write(7, 100), write(8, READ), settle(), read(7, 100), read(8, READ)]);
    middle.extend([stop(BULK_IN), phase(BULK_IN, reader_phase::NONE)]);
    life("reader", "data are read before anybody asks, and handed out in order", middle)
}

fn reader_of_reports() -> Scenario {
    let report = |seed, length: u32| {
        let setup = SetupPacket { request_type: 0x40, request: REPORT, length: 0, ..SetupPacket::default() };
        let data = Bytes::pattern(seed, length);
        let setup = SetupPacket { length: u16::try_from(length).unwrap_or(0), ..setup };
        ioctl(Ioctl::control_out(FILE, setup, data), Expected::success())
    };
    let take = |seed, length: u32| {
        let found = Expected::success().moved(length.into()).bytes(Bytes::pattern(seed, length));
        ioctl(Ioctl::read(FILE, INTERRUPT_IN, 64), found)
    };
    let middle = vec![
        start(of(INTERRUPT_IN, 64, 2, 1024, 0)),
        report(1, 8),
        report(2, 3),
        report(3, 64),
        Step::Sleep { microseconds: 100_000 },
        take(1, 8),
        take(2, 3),
        take(3, 64),
        stop(INTERRUPT_IN),
    ];
    life("reader_of_reports", "reports of an interrupt endpoint are kept apart", middle)
}

fn reader_pauses() -> Scenario {
    let mut middle = vec![start(of(BULK_IN, READ, 2, READ * 2, 0))];
    for seed in 1..=5 {
        middle.push(write(seed, READ));
    }
    middle.extend([settle(), phase(BULK_IN, reader_phase::PAUSED)]);
    for seed in 1..=5 {
        middle.push(read(seed, READ));
    }
    middle.extend([phase(BULK_IN, reader_phase::RUNNING), stop(BULK_IN)]);
    life("reader_pauses", "a full ring makes the device wait, and nothing is lost", middle)
}

fn reader_drops_oldest() -> Scenario {
    let mut middle = vec![start(of(BULK_IN, READ, 2, READ * 2, reader_flag::DROP_OLDEST))];
    for seed in 1..=5 {
        middle.push(write(seed, READ));
    }
    middle.push(settle());
    let counted = ReaderState {
        phase: reader_phase::RUNNING,
        waiting: READ * 2,
        received: u64::from(READ) * 5,
        dropped: u64::from(READ) * 3,
        overflows: 3,
        ..ReaderState::default()
    };
    middle.push(state(BULK_IN, counted));
    middle.extend([read(4, READ), read(5, READ), stop(BULK_IN)]);
    life("reader_drops_oldest", "a full ring drops what is oldest, and counts it", middle)
}

fn reader_waits() -> Scenario {
    let got = |seed| Expected::success().moved(READ.into()).bytes(Bytes::pattern(seed, READ));
    let middle = vec![
        start_bulk(),
        submit_read("one"),
        submit_read("cancelled"),
        submit_read("two"),
        ioctl(Ioctl::read_within(FILE, BULK_IN, READ, 10), ends(STATUS_IO_TIMEOUT).moved(0)),
        cancel("cancelled"),
        wait("cancelled", ends(STATUS_CANCELLED).moved(0)),
        write(1, READ),
        write(2, READ),
        wait("one", got(1)),
        wait("two", got(2)),
        submit_read("stopped"),
        stop(BULK_IN),
        wait("stopped", ends(STATUS_CANCELLED).moved(0)),
    ];
    life(
        "reader_waits",
        "reads of an empty ring wait, are given up, are cancelled, get data in order",
        middle,
    )
}

fn reader_is_refused() -> Scenario {
    let wrong = |reader| ioctl(Ioctl::start_reader(FILE, reader), ends(STATUS_INVALID_PARAMETER));
    let good = of(BULK_IN, READ, 1, READ, 0);
    let middle = vec![
        wrong(ReaderStart { target: BULK_OUT.into(), ..good }),
        wrong(ReaderStart { target: 0, ..good }),
        wrong(ReaderStart { transfer_length: 0, ..good }),
        wrong(ReaderStart { transfer_length: 100, ..good }),
        wrong(ReaderStart { transfer_count: 0, ..good }),
        wrong(ReaderStart { transfer_count: 65, ..good }),
        wrong(ReaderStart { ring_length: READ - 1, ..good }),
        wrong(ReaderStart { ring_length: u32::MAX, ..good }),
        wrong(ReaderStart { flags: 2, ..good }),
        wrong(ReaderStart { reserved: 1, ..good }),
        ioctl(Ioctl::stop_reader(FILE, BULK_IN), ends(STATUS_INVALID_DEVICE_STATE)),
        start(good),
        ioctl(Ioctl::start_reader(FILE, good), ends(STATUS_INVALID_DEVICE_STATE)),
        stop(BULK_IN),
    ];
    life("reader_is_refused", "readers that cannot be", middle)
}

fn reader_and_halt() -> Scenario {
    let middle = vec![
        start_bulk(),
        write(1, READ),
        settle(),
        Step::Poke { device: DEVICE.into(), poke: Poke::Halt { endpoint: BULK_IN } },
        settle(),
        phase(BULK_IN, reader_phase::FAILED),
        // What the ring holds can still be read; then the error is told.
        read(1, READ),
        ioctl(Ioctl::read(FILE, BULK_IN, READ), ends(STATUS_UNSUCCESSFUL).moved(0)),
        stop(BULK_IN),
        ioctl(Ioctl::reset(FILE, BULK_IN), Expected::success()),
    ];
    life("reader_and_halt", "a halted pipe ends continuous reading, and says so", middle)
}

fn reader_and_cleared_halt() -> Scenario {
    let middle = vec![
        start_bulk(),
        Step::Poke { device: DEVICE.into(), poke: Poke::Halt { endpoint: BULK_IN } },
        settle(),
        phase(BULK_IN, reader_phase::FAILED),
        ioctl(Ioctl::reset(FILE, BULK_IN), Expected::success()),
        phase(BULK_IN, reader_phase::RUNNING),
        write(1, READ),
        settle(),
        read(1, READ),
        // One that has not failed is stopped for it, and goes on.
        ioctl(Ioctl::reset(FILE, BULK_IN), Expected::success()),
        write(2, READ),
        settle(),
        read(2, READ),
        stop(BULK_IN),
    ];
    life("reader_and_cleared_halt", "RESET_PIPE clears a halt, and continuous reading goes on", middle)
}

fn reader_and_abort() -> Scenario {
    let middle = vec![
        start_bulk(),
        submit_read("waiting"),
        ioctl(Ioctl::abort(FILE, BULK_IN), Expected::success()),
        wait("waiting", ends(STATUS_CANCELLED)),
        settle(),
        phase(BULK_IN, reader_phase::NONE),
    ];
    life("reader_and_abort", "ABORT_PIPE ends continuous reading", middle)
}

fn reader_and_rebalance() -> Scenario {
    let middle = vec![
        start_bulk(),
        write(1, READ),
        settle(),
        read(1, READ),
        submit_read("waiting"),
        pnp(PnpOperation::Rebalance),
        phase(BULK_IN, reader_phase::RUNNING),
        write(2, READ),
        wait("waiting", Expected::success().moved(READ.into()).bytes(Bytes::pattern(2, READ))),
        // What the ring holds lasts, and a halt is forgotten.
        write(3, READ),
        settle(),
        Step::Poke { device: DEVICE.into(), poke: Poke::Halt { endpoint: BULK_IN } },
        settle(),
        phase(BULK_IN, reader_phase::FAILED),
        pnp(PnpOperation::Rebalance),
        phase(BULK_IN, reader_phase::RUNNING),
        read(3, READ),
        write(4, READ),
        read(4, READ),
        stop(BULK_IN),
    ];
    life(
        "reader_and_rebalance",
        "continuous reading goes on after STOP and START, and its ring lasts",
        middle,
    )
}

fn reader_and_stop_cancelled() -> Scenario {
    let middle = vec![
        start_bulk(),
        pnp(PnpOperation::QueryStop),
        pnp(PnpOperation::SpuriousCancelStop),
        write(1, READ),
        read(1, READ),
        phase(BULK_IN, reader_phase::RUNNING),
        stop(BULK_IN),
    ];
    life("reader_and_stop_cancelled", "a stop that is cancelled does not end continuous reading", middle)
}

fn reader_and_cleanup() -> Scenario {
    let second = "second file";
    let reader = of(BULK_IN, READ, 3, READ * 4, 0);
    let middle = vec![
        Step::Open(Open::new(DEVICE, second)),
        ioctl(Ioctl::start_reader(second, reader), Expected::success()),
        submit_read_of("own", second),
        submit_read("other"),
        close_file(second),
        wait("own", ends(STATUS_CANCELLED)),
        wait("other", ends(STATUS_CANCELLED)),
        settle(),
        phase(BULK_IN, reader_phase::NONE),
    ];
    life("reader_and_cleanup", "closing the file that started it ends continuous reading", middle)
}

fn reader_and_surprise() -> Scenario {
    let steps = vec![
        plug(),
        open(),
        start_bulk(),
        write(1, READ),
        submit_read("one"),
        submit_read("two"),
        unplug(),
        // Before the PnP manager tells, the status is the USB stack's.
        wait("one", Expected::any_of(&[STATUS_SUCCESS, STATUS_NO_SUCH_DEVICE, STATUS_DEVICE_NOT_CONNECTED])),
        wait("two", Expected::any_of(&[STATUS_NO_SUCH_DEVICE, STATUS_DEVICE_NOT_CONNECTED])),
        close(),
        is(NodeState::Deleted),
        Step::Unload,
    ];
    scenario("reader_and_surprise", "the device is pulled while it is read continuously", steps)
}

fn reader_stops_in_race() -> Scenario {
    let writes = (1..4).map(|seed| any(Ioctl::write(FILE, BULK_OUT, Bytes::pattern(seed, READ)))).collect();
    let branches = vec![
        Branch::new(writes),
        Branch::new(vec![submit_read("a"), submit_read("b"), any(Ioctl::reader_state(FILE, BULK_IN))]),
        Branch::new(vec![any(Ioctl::stop_reader(FILE, BULK_IN)), any(Ioctl::stop_reader(FILE, BULK_IN))]),
    ];
    let middle = vec![
        start_bulk(),
        Step::Race(Race { branches }),
        Step::CancelFile { file: FILE.into() },
        wait("a", Expected::anything()),
        wait("b", Expected::anything()),
        any(Ioctl::stop_reader(FILE, BULK_IN)),
        empty(),
    ];
    life("reader_stops_in_race", "continuous reading is stopped while data arrive and reads wait", middle)
}

fn reader_starts_in_race() -> Scenario {
    let branches = vec![
        Branch::new(vec![any(Ioctl::start_reader(FILE, of(BULK_IN, READ, 2, READ * 2, 0)))]),
        Branch::new(vec![any(Ioctl::start_reader(FILE, of(BULK_IN, READ, 2, READ * 2, 0)))]),
        Branch::new(vec![submit_read("a"), any(Ioctl::abort(FILE, BULK_IN))]),
        Branch::new(vec![unplug()]),
    ];
    let steps = vec![
        plug(),
        open(),
        Step::Race(Race { branches }),
        Step::CancelFile { file: FILE.into() },
        wait("a", Expected::anything()),
        close(),
        is(NodeState::Deleted),
        Step::Unload,
    ];
    scenario("reader_starts_in_race", "readers are started while the device goes", steps)
}
