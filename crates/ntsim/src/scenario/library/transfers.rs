//! Transfers with a timeout, and what the policies of a pipe change.

use usb_models::models::loopback::{BULK_IN, BULK_OUT, FLUSH, LEVEL};
use usbclient_protocol::{ControlTransfer, SetupPacket, control_code, policy};

use super::build::{
    FILE, MODEL, PACKET, cancel, close, ends, ioctl, is, life, open, plug, pnp, scenario, submit_read,
    unplug, wait,
};
use crate::{
    abi::status::{
        STATUS_CANCELLED, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_PARAMETER, STATUS_IO_TIMEOUT,
        STATUS_UNSUCCESSFUL,
    },
    pnp::NodeState,
    scenario::{
        Branch, Bytes, DEVICE, Expected, Face, Ioctl, Plug, PnpOperation, Poke, Race, Scenario, Step,
    },
};

/// Milliseconds of a short timeout.
const SHORT: u32 = 20;
/// The same in microseconds of simulated time.
const SHORT_US: u64 = 20_000;
/// The packet size of the high-speed bulk endpoints.
const MPS: u32 = 512;
/// The most bytes of one transfer on a full-speed bulk pipe of the older USB stack.
const FULL_SPEED_MAXIMUM: u32 = 256 << 10;

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        timeout(),
        timeout_of_policy(),
        timeout_of_control(),
        timeout_of_chunks(),
        timeout_while_held(),
        timeout_while_stopped(),
        timeout_race(),
        timeout_and_cancel(),
        timeout_and_close(),
        timeout_and_remove(),
        timeout_and_rebalance(),
        policies(),
        zero_length_end(),
        zero_length_end_and_cancel(),
        ignored_short_packets(),
        partial_reads(),
        partial_reads_without_chains(),
        partial_reads_flushed(),
        partial_reads_in_parallel(),
        partial_read_and_remove(),
        raw_io(),
        auto_clear_stall(),
        auto_clear_stall_and_others(),
        auto_clear_stall_and_remove(),
        auto_clear_stall_and_rebalance(),
    ]
}

/// As [`life`], without the exchange at the end: the device does not answer by then, or is gone.
fn last_life(name: &str, about: &str, plug: Step, middle: Vec<Step>) -> Scenario {
    let mut steps = vec![plug, open()];
    steps.extend(middle);
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario(name, about, steps)
}

fn read_within(length: u32, timeout_ms: u32) -> Ioctl {
    Ioctl::read_within(FILE, BULK_IN, length, timeout_ms)
}

fn submit(request: &str, ioctl: Ioctl) -> Step {
    Step::Submit { request: request.into(), ioctl }
}

fn write(seed: u64, length: u32) -> Step {
    let moved = Expected::success().moved(length.into());
    ioctl(Ioctl::write(FILE, BULK_OUT, Bytes::pattern(seed, length)), moved)
}

fn set(endpoint: u8, policy: u32, value: u32) -> Step {
    ioctl(Ioctl::set_policy(FILE, endpoint, policy, value), Expected::success())
}

fn tells(endpoint: u8, policy: u32, value: u32) -> Step {
    let expect = Expected::success().moved(4).bytes(Bytes::of(value.to_le_bytes()));
    ioctl(Ioctl::get_policy(FILE, endpoint, policy), expect)
}

/// Empties the device, whatever a race left there.
fn empty() -> Step {
    let flush = SetupPacket { request_type: 0x40, request: FLUSH, ..SetupPacket::default() };
    ioctl(Ioctl::control_out(FILE, flush, Bytes::none()), Expected::success())
}

const fn sleep(microseconds: u64) -> Step {
    Step::Sleep { microseconds }
}

fn part(seed: u64, from: usize, to: usize) -> Bytes {
    let all = Bytes::pattern(seed, PACKET).make();
    Bytes::of(all.get(from..to).unwrap_or_default().to_vec())
}

fn timeout() -> Scenario {
    let middle = vec![
        ioctl(read_within(PACKET, SHORT), ends(STATUS_IO_TIMEOUT).moved(0)),
        submit("long", read_within(PACKET, 4_000_000_000)),
        write(1, PACKET),
        wait("long", Expected::success().moved(PACKET.into()).bytes(Bytes::pattern(1, PACKET))),
        // Three on their way at once, of which one has an end.
        submit_read("first"),
        submit("second", read_within(PACKET, SHORT)),
        submit_read("third"),
        wait("second", ends(STATUS_IO_TIMEOUT).moved(0)),
        cancel("first"),
        cancel("third"),
        wait("first", ends(STATUS_CANCELLED)),
        wait("third", ends(STATUS_CANCELLED)),
    ];
    life("timeout", "a read is given up when its time is over, and no other", middle)
}

fn timeout_of_policy() -> Scenario {
    let middle = vec![
        tells(BULK_IN, policy::PIPE_TRANSFER_TIMEOUT, 0),
        set(BULK_IN, policy::PIPE_TRANSFER_TIMEOUT, SHORT),
        tells(BULK_IN, policy::PIPE_TRANSFER_TIMEOUT, SHORT),
        ioctl(Ioctl::read(FILE, BULK_IN, PACKET), ends(STATUS_IO_TIMEOUT).moved(0)),
        // What a request says itself counts more.
        submit("own", read_within(PACKET, SHORT * 100)),
        sleep(SHORT_US * 2),
        write(2, PACKET),
        wait("own", Expected::success().moved(PACKET.into())),
        // It stays when the pipes are made anew.
        pnp(PnpOperation::Rebalance),
        ioctl(Ioctl::read(FILE, BULK_IN, PACKET), ends(STATUS_IO_TIMEOUT).moved(0)),
        set(BULK_IN, policy::PIPE_TRANSFER_TIMEOUT, 0),
    ];
    life("timeout_of_policy", "a pipe's timeout, and a request's own", middle)
}

fn timeout_of_control() -> Scenario {
    let setup = SetupPacket { request_type: 0xC0, request: LEVEL, value: 0, index: 0, length: 4 };
    let ask = |timeout_ms| {
        let header = ControlTransfer { timeout_ms, ..ControlTransfer::new(setup) };
        Ioctl::new(FILE, control_code::CONTROL_IN, Bytes::of(header.encode()), Bytes::room(4))
    };
    let middle = vec![
        tells(0, policy::PIPE_TRANSFER_TIMEOUT, 5000),
        set(0, policy::PIPE_TRANSFER_TIMEOUT, SHORT),
        // A device that is stopped holds it; one that answers does so in time.
        pnp(PnpOperation::QueryStop),
        submit("own", ask(SHORT)),
        submit("policy", ask(0)),
        submit("kept", ask(SHORT * 100)),
        wait("own", ends(STATUS_IO_TIMEOUT).moved(0)),
        wait("policy", ends(STATUS_IO_TIMEOUT).moved(0)),
        pnp(PnpOperation::Stop),
        pnp(PnpOperation::Start),
        wait("kept", Expected::success().moved(4)),
        set(0, policy::PIPE_TRANSFER_TIMEOUT, 0),
        tells(0, policy::PIPE_TRANSFER_TIMEOUT, 0),
        ioctl(ask(0), Expected::success().moved(4)),
    ];
    life("timeout_of_control", "control transfers that wait too long, and one without an end", middle)
}

fn full_speed() -> Step {
    Step::Plug(Plug { face: Face::Usb2, ..Plug::new(DEVICE, "loopback-fs") })
}

fn timeout_of_chunks() -> Scenario {
    let moved = u64::from(FULL_SPEED_MAXIMUM);
    let middle = vec![
        write(3, FULL_SPEED_MAXIMUM),
        ioctl(
            Ioctl::read_within(FILE, BULK_IN, FULL_SPEED_MAXIMUM * 2, 2000),
            ends(STATUS_IO_TIMEOUT).moved(moved),
        ),
    ];
    let about = "a read in two pieces is given up in the second, and counts the first";
    last_life("timeout_of_chunks", about, full_speed(), middle)
}

fn timeout_while_held() -> Scenario {
    let large = Ioctl::read(FILE, BULK_IN, FULL_SPEED_MAXIMUM * 2);
    let held = Ioctl::read_within(FILE, BULK_IN, 64, SHORT);
    let later = Ioctl::read_within(FILE, BULK_IN, 64, SHORT * 2);
    let middle = vec![
        submit("large", large),
        submit("later", later),
        submit("held", held),
        wait("held", ends(STATUS_IO_TIMEOUT).moved(0)),
        wait("later", ends(STATUS_IO_TIMEOUT).moved(0)),
        cancel("large"),
        wait("large", ends(STATUS_CANCELLED)),
    ];
    let about = "reads that wait for the pipe are given up, the first to be first";
    last_life("timeout_while_held", about, full_speed(), middle)
}

fn timeout_while_stopped() -> Scenario {
    let middle = vec![
        pnp(PnpOperation::QueryStop),
        submit("asked", read_within(PACKET, SHORT)),
        submit("kept", read_within(PACKET, SHORT * 100)),
        pnp(PnpOperation::Stop),
        submit("stopped", read_within(PACKET, SHORT)),
        wait("asked", ends(STATUS_IO_TIMEOUT).moved(0)),
        wait("stopped", ends(STATUS_IO_TIMEOUT).moved(0)),
        pnp(PnpOperation::Start),
        // What is left of its time still counts.
        wait("kept", ends(STATUS_IO_TIMEOUT).moved(0)),
    ];
    life("timeout_while_stopped", "reads that a stopped device holds are given up", middle)
}

fn timeout_race() -> Scenario {
    let any = |ioctl| Step::Ioctl { ioctl, expect: Expected::anything() };
    let branches = vec![
        Branch::new(vec![any(read_within(PACKET, 1)), any(read_within(PACKET, 1))]),
        Branch::new(vec![sleep(1000), any(Ioctl::write(FILE, BULK_OUT, Bytes::pattern(4, PACKET)))]),
        Branch::new(vec![any(read_within(PACKET, 1)), sleep(1000), any(read_within(PACKET, 2))]),
    ];
    let middle = vec![Step::Race(Race { branches }), empty()];
    life("timeout_race", "times are over while data arrive, and slots are used again at once", middle)
}

fn timeout_and_cancel() -> Scenario {
    let branches = vec![
        Branch::new(vec![sleep(1000), cancel("read")]),
        Branch::new(vec![sleep(1000), Step::CancelFile { file: FILE.into() }]),
        Branch::new(vec![wait("read", Expected::any_of(&[STATUS_CANCELLED, STATUS_IO_TIMEOUT]).moved(0))]),
    ];
    let middle = vec![submit("read", read_within(PACKET, 1)), Step::Race(Race { branches })];
    life("timeout_and_cancel", "a read is cancelled at the moment when its time is over", middle)
}

fn timeout_and_close() -> Scenario {
    let second = "second file";
    let read = Ioctl::read_within(second, BULK_IN, PACKET, 1);
    let middle = vec![
        Step::Open(crate::scenario::Open::new(DEVICE, second)),
        submit("read", read),
        Step::Race(Race { branches: vec![Branch::new(vec![sleep(1000), super::build::close_file(second)])] }),
        wait("read", Expected::any_of(&[STATUS_CANCELLED, STATUS_IO_TIMEOUT]).moved(0)),
    ];
    life("timeout_and_close", "a file is closed at the moment when a read's time is over", middle)
}

fn timeout_and_remove() -> Scenario {
    let branches = vec![
        Branch::new(vec![sleep(1000), unplug()]),
        Branch::new(vec![wait("one", Expected::anything()), wait("two", Expected::anything())]),
    ];
    let steps = vec![
        plug(),
        open(),
        submit("one", read_within(PACKET, 1)),
        submit("two", read_within(PACKET, 1)),
        Step::Race(Race { branches }),
        close(),
        is(NodeState::Deleted),
        Step::Unload,
    ];
    scenario("timeout_and_remove", "the device is pulled at the moment when times are over", steps)
}

fn timeout_and_rebalance() -> Scenario {
    let branches = vec![
        Branch::new(vec![sleep(1000), pnp(PnpOperation::Rebalance)]),
        Branch::new(vec![wait("one", Expected::anything()), wait("two", Expected::anything())]),
    ];
    let middle = vec![
        submit("one", read_within(PACKET, 1)),
        submit("two", read_within(PACKET, 2)),
        Step::Race(Race { branches }),
        empty(),
    ];
    life("timeout_and_rebalance", "the device is stopped at the moment when times are over", middle)
}

fn policies() -> Scenario {
    let refused = |endpoint, policy, value| {
        ioctl(Ioctl::set_policy(FILE, endpoint, policy, value), ends(STATUS_INVALID_PARAMETER))
    };
    let mut middle = vec![
        tells(BULK_IN, policy::MAXIMUM_TRANSFER_SIZE, 4 << 20),
        refused(BULK_IN, policy::MAXIMUM_TRANSFER_SIZE, 1),
        refused(BULK_IN, policy::SHORT_PACKET_TERMINATE, 1),
        refused(BULK_OUT, policy::RAW_IO, 1),
        refused(BULK_OUT, policy::ALLOW_PARTIAL_READS, 1),
        refused(BULK_IN, policy::AUTO_FLUSH, 2),
        refused(BULK_IN, 0, 1),
        refused(BULK_IN, 17, 1),
        refused(0x85, policy::RAW_IO, 1),
        refused(0, policy::RAW_IO, 1),
        ioctl(Ioctl::get_policy(FILE, 0, policy::RAW_IO), ends(STATUS_INVALID_PARAMETER)),
        ioctl(Ioctl::flush(FILE, BULK_OUT), ends(STATUS_INVALID_PARAMETER)),
        ioctl(Ioctl::flush(FILE, BULK_IN), Expected::success()),
    ];
    let ours = [
        (BULK_OUT, policy::SHORT_PACKET_TERMINATE),
        (BULK_OUT, policy::AUTO_CLEAR_STALL),
        (BULK_IN, policy::IGNORE_SHORT_PACKETS),
        (BULK_IN, policy::ALLOW_PARTIAL_READS),
        (BULK_IN, policy::AUTO_FLUSH),
        (BULK_IN, policy::RAW_IO),
        (BULK_IN, policy::RESET_PIPE_ON_RESUME),
    ];
    for (endpoint, policy) in ours {
        middle.extend([tells(endpoint, policy, 0), set(endpoint, policy, 1), tells(endpoint, policy, 1)]);
        middle.extend([set(endpoint, policy, 0), tells(endpoint, policy, 0)]);
    }
    life("policies", "which pipe has which policy, and what it says at first", middle)
}

fn zero_length_end() -> Scenario {
    // The device keeps packets apart: a read of more ends where the packet of no bytes is.
    let ends_at = |bytes: u32| {
        let read = Ioctl::read(FILE, BULK_IN, PACKET * 2);
        ioctl(read, Expected::success().moved(bytes.into()).bytes(Bytes::pattern(5, bytes)))
    };
    let middle = vec![
        set(BULK_OUT, policy::SHORT_PACKET_TERMINATE, 1),
        write(5, PACKET),
        ends_at(PACKET),
        // A short packet is its own end.
        write(5, 100),
        ends_at(100),
        write(5, 0),
        ends_at(0),
        write(5, PACKET),
        write(5, MPS),
        ends_at(PACKET),
        ends_at(MPS),
        set(BULK_OUT, policy::SHORT_PACKET_TERMINATE, 0),
    ];
    life("zero_length_end", "a write of whole packets is followed by one of no bytes", middle)
}

fn zero_length_end_and_cancel() -> Scenario {
    let any = |ioctl| Step::Ioctl { ioctl, expect: Expected::anything() };
    let data = || Bytes::pattern(6, PACKET);
    let branches = vec![
        Branch::new(vec![
            any(Ioctl::write(FILE, BULK_OUT, data())),
            any(Ioctl::write(FILE, BULK_OUT, data())),
        ]),
        Branch::new(vec![any(Ioctl::write(FILE, BULK_OUT, data()))]),
        Branch::new(vec![Step::CancelFile { file: FILE.into() }]),
    ];
    let middle = vec![
        set(BULK_OUT, policy::SHORT_PACKET_TERMINATE, 1),
        Step::Race(Race { branches }),
        set(BULK_OUT, policy::SHORT_PACKET_TERMINATE, 0),
        empty(),
    ];
    life("zero_length_end_and_cancel", "writes with an end of their own are cancelled", middle)
}

fn ignored_short_packets() -> Scenario {
    let middle = vec![
        set(BULK_IN, policy::IGNORE_SHORT_PACKETS, 1),
        submit("read", Ioctl::read(FILE, BULK_IN, PACKET)),
        write(7, MPS),
        write(7, 100),
        // No whole packet fits any more.
        wait("read", Expected::success().moved(u64::from(MPS) + 100)),
        submit("times out", read_within(PACKET * 4, SHORT)),
        write(7, 10),
        write(7, 20),
        wait("times out", ends(STATUS_IO_TIMEOUT).moved(30)),
        // With the bounce packet the buffer is filled to its end.
        set(BULK_IN, policy::ALLOW_PARTIAL_READS, 1),
        submit("full", Ioctl::read(FILE, BULK_IN, PACKET)),
        write(7, MPS),
        write(7, 100),
        write(7, MPS),
        wait("full", Expected::success().moved(PACKET.into())),
        ioctl(Ioctl::flush(FILE, BULK_IN), Expected::success()),
        set(BULK_IN, policy::ALLOW_PARTIAL_READS, 0),
        set(BULK_IN, policy::IGNORE_SHORT_PACKETS, 0),
    ];
    life("ignored_short_packets", "a short packet does not end a read", middle)
}

fn partial_steps() -> Vec<Step> {
    let read = |length, expected: Bytes| {
        let moved = expected.len();
        ioctl(Ioctl::read(FILE, BULK_IN, length), Expected::success().moved(moved).bytes(expected))
    };
    vec![
        ioctl(Ioctl::read(FILE, BULK_IN, 100), ends(STATUS_INVALID_BUFFER_SIZE)),
        set(BULK_IN, policy::ALLOW_PARTIAL_READS, 1),
        // Whole packets to the caller's pages, then the tail; what does not fit comes with the next read.
        write(8, PACKET),
        read(600, part(8, 0, 600)),
        read(24, part(8, 600, 624)),
        read(400, part(8, 624, 1024)),
        // What is left over of a short packet ends a read, as the packet would have.
        write(8, 300),
        read(100, part(8, 0, 100)),
        read(PACKET, part(8, 100, 300)),
        // What is left over and what the device has make one read.
        write(8, MPS),
        read(100, part(8, 0, 100)),
        submit("rest", Ioctl::read(FILE, BULK_IN, MPS)),
        write(8, 50),
        wait("rest", Expected::success().moved(u64::from(MPS) - 50)),
        // A short packet ends a read before its tail.
        write(8, 200),
        read(700, part(8, 0, 200)),
    ]
}

fn partial_reads() -> Scenario {
    let mut middle = partial_steps();
    middle.push(set(BULK_IN, policy::ALLOW_PARTIAL_READS, 0));
    life("partial_reads", "reads that end inside a packet, in one transfer with a chain of MDLs", middle)
}

fn partial_reads_without_chains() -> Scenario {
    let mut steps = vec![Step::Plug(Plug { face: Face::Usb2, ..Plug::new(DEVICE, MODEL) }), open()];
    steps.extend(partial_steps());
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    let about = "the same on a USB stack without chains of MDLs: the tail is a transfer of its own";
    scenario("partial_reads_without_chains", about, steps)
}

fn partial_reads_flushed() -> Scenario {
    let read = |length: u32, expected: Bytes| {
        let moved = expected.len();
        ioctl(Ioctl::read(FILE, BULK_IN, length), Expected::success().moved(moved).bytes(expected))
    };
    let middle = vec![
        set(BULK_IN, policy::ALLOW_PARTIAL_READS, 1),
        write(9, MPS),
        read(100, part(9, 0, 100)),
        ioctl(Ioctl::flush(FILE, BULK_IN), Expected::success()),
        write(9, 64),
        read(64, part(9, 0, 64)),
        set(BULK_IN, policy::AUTO_FLUSH, 1),
        write(9, MPS),
        read(100, part(9, 0, 100)),
        write(9, 32),
        read(32, part(9, 0, 32)),
        set(BULK_IN, policy::AUTO_FLUSH, 0),
        set(BULK_IN, policy::ALLOW_PARTIAL_READS, 0),
    ];
    life("partial_reads_flushed", "what is left over is dropped, on demand and by policy", middle)
}

fn partial_reads_in_parallel() -> Scenario {
    let read = |name: &str, length| submit(name, Ioctl::read(FILE, BULK_IN, length));
    let full = |name: &str, from, to| {
        wait(name, Expected::success().moved((to - from) as u64).bytes(part(10, from, to)))
    };
    let middle = vec![
        set(BULK_IN, policy::ALLOW_PARTIAL_READS, 1),
        read("one", 300),
        read("two", 300),
        read("three", 300),
        read("cancelled", 300),
        cancel("cancelled"),
        wait("cancelled", ends(STATUS_CANCELLED).moved(0)),
        write(10, PACKET),
        full("one", 0, 300),
        // What the first left over, and the rest of it from the device.
        full("two", 300, 600),
        full("three", 600, 900),
        ioctl(Ioctl::flush(FILE, BULK_IN), Expected::success()),
        set(BULK_IN, policy::ALLOW_PARTIAL_READS, 0),
    ];
    life("partial_reads_in_parallel", "several reads that end inside a packet keep their order", middle)
}

fn partial_read_and_remove() -> Scenario {
    let any = |ioctl| Step::Ioctl { ioctl, expect: Expected::anything() };
    let branches = vec![
        Branch::new(vec![any(Ioctl::read(FILE, BULK_IN, 700)), any(Ioctl::read(FILE, BULK_IN, 100))]),
        Branch::new(vec![any(Ioctl::write(FILE, BULK_OUT, Bytes::pattern(11, PACKET)))]),
        Branch::new(vec![unplug()]),
    ];
    let steps = vec![
        plug(),
        open(),
        set(BULK_IN, policy::ALLOW_PARTIAL_READS, 1),
        Step::Race(Race { branches }),
        close(),
        is(NodeState::Deleted),
        Step::Unload,
    ];
    scenario("partial_read_and_remove", "the device is pulled while a read has the bounce packet", steps)
}

fn raw_io() -> Scenario {
    let large = Ioctl::read(FILE, BULK_IN, (4 << 20) + MPS);
    let middle = vec![
        set(BULK_IN, policy::ALLOW_PARTIAL_READS, 1),
        set(BULK_IN, policy::RAW_IO, 1),
        ioctl(large, ends(STATUS_INVALID_BUFFER_SIZE)),
        ioctl(Ioctl::read(FILE, BULK_IN, 100), ends(STATUS_INVALID_BUFFER_SIZE)),
        write(12, PACKET),
        ioctl(Ioctl::read(FILE, BULK_IN, PACKET), Expected::success().moved(PACKET.into())),
        set(BULK_IN, policy::RAW_IO, 0),
        set(BULK_IN, policy::ALLOW_PARTIAL_READS, 0),
    ];
    life("raw_io", "reads that are neither split nor copied", middle)
}

const fn halt(endpoint: u8) -> Poke {
    Poke::Halt { endpoint }
}

fn poke(poke: Poke) -> Step {
    Step::Poke { device: DEVICE.into(), poke }
}

fn auto_clear_stall() -> Scenario {
    let middle = vec![
        set(BULK_IN, policy::AUTO_CLEAR_STALL, 1),
        set(BULK_OUT, policy::AUTO_CLEAR_STALL, 1),
        poke(halt(BULK_IN)),
        ioctl(Ioctl::read(FILE, BULK_IN, PACKET), ends(STATUS_UNSUCCESSFUL).moved(0)),
        // Nobody reset the pipe, and it works.
        write(13, PACKET),
        ioctl(Ioctl::read(FILE, BULK_IN, PACKET), Expected::success().moved(PACKET.into())),
        poke(halt(BULK_OUT)),
        ioctl(Ioctl::write(FILE, BULK_OUT, Bytes::pattern(14, PACKET)), ends(STATUS_UNSUCCESSFUL).moved(0)),
    ];
    life("auto_clear_stall", "a halt is told once the pipe is usable again", middle)
}

fn auto_clear_stall_and_others() -> Scenario {
    let any = |ioctl| Step::Ioctl { ioctl, expect: Expected::anything() };
    let branches = vec![
        Branch::new(vec![poke(halt(BULK_IN)), any(Ioctl::read(FILE, BULK_IN, PACKET))]),
        Branch::new(vec![any(read_within(PACKET, 5)), any(read_within(PACKET, 5))]),
        Branch::new(vec![Step::CancelFile { file: FILE.into() }]),
    ];
    let middle = vec![
        set(BULK_IN, policy::AUTO_CLEAR_STALL, 1),
        submit("before", read_within(PACKET, 5)),
        Step::Race(Race { branches }),
        wait("before", Expected::anything()),
        // A halt that no request has met yet.
        any(read_within(PACKET, 5)),
        empty(),
    ];
    life("auto_clear_stall_and_others", "a halt is cleared while others read, and are cancelled", middle)
}

fn auto_clear_stall_and_remove() -> Scenario {
    let any = |ioctl| Step::Ioctl { ioctl, expect: Expected::anything() };
    let branches = vec![
        Branch::new(vec![any(Ioctl::read(FILE, BULK_IN, PACKET)), any(Ioctl::read(FILE, BULK_IN, PACKET))]),
        Branch::new(vec![unplug()]),
    ];
    let steps = vec![
        plug(),
        open(),
        set(BULK_IN, policy::AUTO_CLEAR_STALL, 1),
        poke(halt(BULK_IN)),
        Step::Race(Race { branches }),
        close(),
        is(NodeState::Deleted),
        Step::Unload,
    ];
    scenario("auto_clear_stall_and_remove", "the device is pulled while a halt is being cleared", steps)
}

fn auto_clear_stall_and_rebalance() -> Scenario {
    let any = |ioctl| Step::Ioctl { ioctl, expect: Expected::anything() };
    let branches = vec![
        Branch::new(vec![any(read_within(PACKET, 5)), any(read_within(PACKET, 5))]),
        Branch::new(vec![pnp(PnpOperation::Rebalance)]),
    ];
    let middle = vec![
        set(BULK_IN, policy::AUTO_CLEAR_STALL, 1),
        poke(halt(BULK_IN)),
        Step::Race(Race { branches }),
        any(read_within(PACKET, 5)),
        empty(),
    ];
    life("auto_clear_stall_and_rebalance", "the device is stopped while a halt is being cleared", middle)
}
