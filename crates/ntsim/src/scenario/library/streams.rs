//! Bulk streams: opened, used, cancelled, recovered, closed, abandoned, refused.

use usb_models::models::{
    stream_loopback::{IN, OUT, PLAIN_IN},
    uas,
};
use usbclient_protocol::{Count, PipeSelect, PipeTransfer, StreamHandle, StreamsOpen, control_code};

use super::build::{
    FILE, MODEL, PACKET, cancel, claim, close, close_file, echo, ends, ioctl, is, life_of, open, pnp,
    scenario, select, unplug, wait,
};
use crate::{
    abi::status::{
        STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_DEVICE_NOT_CONNECTED,
        STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_HANDLE,
        STATUS_INVALID_PARAMETER, STATUS_NO_SUCH_DEVICE, STATUS_NOT_SUPPORTED,
    },
    pnp::NodeState,
    scenario::{
        Branch, Bytes, DEVICE, Expected, Ioctl, Open, Plug, PnpOperation, Poke, Race, Scenario, Step,
    },
};

const STREAMS_MODEL: &str = "stream-loopback-ss";
/// Streams that most scenarios open.
const EIGHT: u32 = 8;
/// The first handle that the table of a device gives out; the others follow it, until all places were used once.
const FIRST_HANDLE: u32 = 0x1000;

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        looped_back(),
        in_flight(),
        opened_again(),
        refused(),
        not_of_this_file(),
        not_at_high_speed(),
        busy(),
        cancelled(),
        aborted(),
        reset(),
        halted(),
        closed_with_io(),
        abandoned(),
        stopped(),
        unplugged(),
        unplug_race(),
        requests_race(),
        not_allocated(),
        denied(),
        fewer(),
        not_enabled(),
        mass_storage(),
    ]
}

/// The value of a stream's handle, when so many handles were given out before those of its endpoint.
const fn handle(before: u32, id: u32) -> u32 {
    FIRST_HANDLE + before + id - 1
}

fn life(name: &str, about: &str, middle: Vec<Step>) -> Scenario {
    life_of(STREAMS_MODEL, name, about, middle)
}

fn ask_to_open(file: &str, endpoint: u8, count: u32, room: u32) -> Ioctl {
    let input = StreamsOpen { target: endpoint.into(), count }.encode();
    Ioctl::new(file, control_code::OPEN_STREAMS, Bytes::of(input), Bytes::room(room))
}

/// Opens streams, which get these handles.
fn open_streams(before: u32, endpoint: u8, count: u32) -> Step {
    let handles = (1..=count).flat_map(|id| StreamHandle { handle: handle(before, id) }.encode());
    let reply: Vec<u8> = Count { count }.encode().into_iter().chain(handles).collect();
    let room = 4 + 4 * count;
    let expect = Expected::success().moved(room.into()).bytes(Bytes::of(reply));
    ioctl(ask_to_open(FILE, endpoint, count, room), expect)
}

fn opening_ends(endpoint: u8, count: u32, expect: Expected) -> Step {
    ioctl(ask_to_open(FILE, endpoint, count, 4 + 4 * 255), expect)
}

pub(super) fn close_streams(endpoint: u8, expect: Expected) -> Step {
    let input = PipeSelect::new(endpoint.into()).encode();
    ioctl(Ioctl::new(FILE, control_code::CLOSE_STREAMS, Bytes::of(input), Bytes::none()), expect)
}

/// The streams of both endpoints.
pub(super) fn open_both(count: u32) -> [Step; 2] {
    [open_streams(0, OUT, count), open_streams(count, IN, count)]
}

fn read_of(file: &str, target: u32) -> Ioctl {
    let input = PipeTransfer::new(target).encode();
    Ioctl::new(file, control_code::PIPE_READ, Bytes::of(input), Bytes::room(PACKET))
}

fn read(before: u32, id: u32) -> Ioctl {
    read_of(FILE, handle(before, id))
}

fn write(before: u32, id: u32, seed: u64) -> Ioctl {
    let input = PipeTransfer::new(handle(before, id)).encode();
    Ioctl::new(FILE, control_code::PIPE_WRITE, Bytes::of(input), Bytes::pattern(seed, PACKET))
}

fn submit(request: &str, ioctl: Ioctl) -> Step {
    Step::Submit { request: request.into(), ioctl }
}

/// A read that waits until data come on its stream.
pub(super) fn pending(request: &str, before: u32, id: u32) -> Step {
    submit(request, read(before, id))
}

fn arrived(seed: u64) -> Expected {
    Expected::success().moved(PACKET.into()).bytes(Bytes::pattern(seed, PACKET))
}

/// Writes to streams and reads the same back, the last stream first.
pub(super) fn echo_on(before: (u32, u32), ids: &[u32]) -> Vec<Step> {
    let mut steps: Vec<Step> = ids
        .iter()
        .map(|id| ioctl(write(before.0, *id, u64::from(*id)), Expected::success().moved(PACKET.into())))
        .collect();
    steps.extend(ids.iter().rev().map(|id| ioctl(read(before.1, *id), arrived(u64::from(*id)))));
    steps
}

/// The endpoint's own pipe carries nothing.
fn pipe_is_refused() -> [Step; 2] {
    [
        ioctl(read_of(FILE, IN.into()), ends(STATUS_INVALID_DEVICE_STATE)),
        ioctl(Ioctl::write(FILE, OUT, Bytes::pattern(1, PACKET)), ends(STATUS_INVALID_DEVICE_STATE)),
    ]
}

/// The endpoints' own pipes carry transfers.
fn pipes_work() -> [Step; 2] {
    let write = Ioctl::write(FILE, OUT, Bytes::pattern(77, PACKET));
    [ioctl(write, Expected::success().moved(PACKET.into())), ioctl(read_of(FILE, IN.into()), arrived(77))]
}

fn looped_back() -> Scenario {
    let mut middle: Vec<Step> = pipes_work().into();
    middle.extend(open_both(EIGHT));
    middle.extend(echo_on((0, 8), &[1, 2, 3, 4, 5, 6, 7, 8]));
    middle.extend(pipe_is_refused());
    middle.extend([
        ioctl(read(8, 9), ends(STATUS_INVALID_HANDLE)),
        close_streams(IN, Expected::success()),
        close_streams(OUT, Expected::success()),
        ioctl(read(8, 1), ends(STATUS_INVALID_HANDLE)),
    ]);
    middle.extend(pipe_is_refused());
    life("streams_loopback", "eight streams each way; the pipe itself carries nothing from then on", middle)
}

/// Several requests in flight on each stream, whose data come in another order than they were asked for.
fn in_flight() -> Scenario {
    let mut middle: Vec<Step> = open_both(32).into();
    let name = |id: u32, round: u64| format!("stream {id}, read {round}");
    for round in 0..3 {
        middle.extend((1..=32).map(|id| submit(&name(id, round), read(32, id))));
    }
    for round in 0..3 {
        let seed = |id: u32| u64::from(id) + round * 100;
        middle.extend((1..=32).rev().map(|id| ioctl(write(0, id, seed(id)), Expected::success())));
    }
    for round in 0..3 {
        let seed = |id: u32| u64::from(id) + round * 100;
        middle.extend((1..=32).map(|id| wait(&name(id, round), arrived(seed(id)))));
    }
    life("streams_in_flight", "three requests in flight on each of 32 streams", middle)
}

fn opened_again() -> Scenario {
    let mut middle: Vec<Step> = open_both(2).into();
    middle.extend([
        opening_ends(IN, 4, ends(STATUS_INVALID_DEVICE_STATE)),
        close_streams(IN, Expected::success()),
        close_streams(IN, ends(STATUS_INVALID_DEVICE_STATE)),
        close_streams(OUT, Expected::success()),
        open_streams(4, OUT, 16),
        open_streams(20, IN, 16),
        ioctl(read(2, 1), ends(STATUS_INVALID_HANDLE)),
    ]);
    middle.extend(echo_on((4, 20), &[1, 16]));
    life("streams_opened_again", "streams are closed and opened in another number", middle)
}

fn refused() -> Scenario {
    let mut middle = vec![
        opening_ends(IN, 0, ends(STATUS_INVALID_PARAMETER)),
        opening_ends(IN, 33, ends(STATUS_INVALID_PARAMETER)),
        opening_ends(IN, 256, ends(STATUS_INVALID_PARAMETER)),
        opening_ends(IN, u32::MAX, ends(STATUS_INVALID_PARAMETER)),
        opening_ends(PLAIN_IN, 2, ends(STATUS_NOT_SUPPORTED)),
        opening_ends(0x8F, 2, ends(STATUS_INVALID_PARAMETER)),
        ioctl(ask_to_open(FILE, IN, 4, 19), ends(STATUS_BUFFER_TOO_SMALL)),
        close_streams(IN, ends(STATUS_INVALID_DEVICE_STATE)),
        ioctl(read(0, 1), ends(STATUS_INVALID_HANDLE)),
    ];
    middle.extend(pipes_work());
    life("streams_refused", "numbers and endpoints that cannot be; the pipe stays as it is", middle)
}

fn not_of_this_file() -> Scenario {
    let second = "second file";
    let mut middle: Vec<Step> = open_both(2).into();
    middle.extend([
        Step::Open(Open::new(DEVICE, second)),
        ioctl(read_of(second, handle(2, 1)), ends(STATUS_INVALID_HANDLE)),
        ioctl(read(4, 1), ends(STATUS_INVALID_HANDLE)),
        ioctl(read_of(FILE, 0x1FFF), ends(STATUS_INVALID_HANDLE)),
        ioctl(read_of(FILE, handle(0, 1)), ends(STATUS_INVALID_PARAMETER)),
        ioctl(read_of(FILE, u32::MAX), ends(STATUS_INVALID_HANDLE)),
        close_file(second),
    ]);
    middle.extend(echo_on((0, 2), &[1, 2]));
    life("streams_of_another", "handles that are another file's, stale or made up", middle)
}

fn not_at_high_speed() -> Scenario {
    let mut middle = vec![opening_ends(0x81, 2, ends(STATUS_NOT_SUPPORTED))];
    middle.extend(echo(FILE, 3));
    life_of(MODEL, "streams_not_at_high_speed", "a device without streams", middle)
}

/// A request is in flight on the pipe itself.
fn busy() -> Scenario {
    let mut middle = vec![
        submit("on the pipe", read_of(FILE, IN.into())),
        opening_ends(IN, 2, ends(STATUS_INVALID_DEVICE_STATE)),
        cancel("on the pipe"),
        wait("on the pipe", ends(STATUS_CANCELLED)),
    ];
    middle.extend(open_both(2));
    middle.extend(echo_on((0, 2), &[1]));
    life("streams_busy", "streams are not opened while the pipe is in use", middle)
}

fn cancelled() -> Scenario {
    let mut middle: Vec<Step> = open_both(EIGHT).into();
    middle.extend([pending("one", 8, 1), pending("two", 8, 2), pending("again one", 8, 1)]);
    for name in ["two", "one", "again one"] {
        middle.extend([cancel(name), wait(name, ends(STATUS_CANCELLED).moved(0))]);
    }
    middle.extend(echo_on((0, 8), &[1, 2]));
    life("streams_cancelled", "requests of streams are cancelled one by one", middle)
}

fn abort(target: u32) -> Step {
    let input = PipeSelect::new(target).encode();
    ioctl(Ioctl::new(FILE, control_code::ABORT_PIPE, Bytes::of(input), Bytes::none()), Expected::success())
}

fn aborted() -> Scenario {
    let mut middle: Vec<Step> = open_both(EIGHT).into();
    middle.extend([
        pending("one", 8, 1),
        pending("two", 8, 2),
        pending("again one", 8, 1),
        abort(handle(8, 1)),
        wait("one", ends(STATUS_CANCELLED)),
        wait("again one", ends(STATUS_CANCELLED)),
        ioctl(write(0, 2, 5), Expected::success()),
        wait("two", arrived(5)),
        pending("three", 8, 3),
        pending("four", 8, 4),
        abort(IN.into()),
        wait("three", ends(STATUS_CANCELLED)),
        wait("four", ends(STATUS_CANCELLED)),
    ]);
    middle.extend(echo_on((0, 8), &[3, 4]));
    life("streams_aborted", "ABORT_PIPE of one stream and of an endpoint with streams", middle)
}

fn reset() -> Scenario {
    let mut middle: Vec<Step> = open_both(EIGHT).into();
    middle.extend([
        pending("one", 8, 1),
        pending("eight", 8, 8),
        ioctl(Ioctl::reset(FILE, IN), Expected::success()),
        wait("one", ends(STATUS_CANCELLED)),
        wait("eight", ends(STATUS_CANCELLED)),
    ]);
    middle.extend(echo_on((0, 8), &[1, 8]));
    life("streams_reset", "RESET_PIPE brings every stream's requests back first", middle)
}

fn halted() -> Scenario {
    let mut middle: Vec<Step> = open_both(2).into();
    middle.extend([
        Step::Poke { device: DEVICE.into(), poke: Poke::Halt { endpoint: IN } },
        submit("halted", read(2, 1)),
        wait("halted", Expected::failure()),
        ioctl(Ioctl::reset(FILE, IN), Expected::success()),
    ]);
    middle.extend(echo_on((0, 2), &[1, 2]));
    life("streams_halted", "a halted endpoint with streams is reset", middle)
}

fn closed_with_io() -> Scenario {
    let mut middle: Vec<Step> = open_both(EIGHT).into();
    middle.extend([
        pending("one", 8, 1),
        pending("two", 8, 2),
        close_streams(IN, Expected::success()),
        wait("one", ends(STATUS_CANCELLED)),
        wait("two", ends(STATUS_CANCELLED)),
        open_streams(16, IN, 4),
    ]);
    middle.extend(echo_on((0, 16), &[4]));
    life("streams_closed_with_io", "CLOSE_STREAMS brings the requests back first", middle)
}

/// The streams of a file that is closed are closed, so that the next file can open its own.
fn abandoned() -> Scenario {
    let mut middle: Vec<Step> = open_both(2).into();
    middle.extend([
        pending("abandoned", 2, 1),
        close(),
        wait("abandoned", ends(STATUS_CANCELLED)),
        open(),
        ioctl(read(2, 1), ends(STATUS_INVALID_HANDLE)),
        open_streams(4, OUT, 4),
        open_streams(8, IN, 4),
    ]);
    middle.extend(echo_on((4, 8), &[1, 4]));
    life("streams_abandoned", "a file is closed with streams open and a request in flight", middle)
}

/// STOP closes them; after START the pipe carries transfers again.
fn stopped() -> Scenario {
    let mut middle: Vec<Step> = open_both(2).into();
    middle.extend([
        pending("in flight", 2, 1),
        pnp(PnpOperation::QueryStop),
        submit("held", read(2, 2)),
        pnp(PnpOperation::Stop),
        wait("in flight", ends(STATUS_CANCELLED)),
        pnp(PnpOperation::Start),
        wait("held", ends(STATUS_INVALID_HANDLE)),
    ]);
    middle.extend(pipes_work());
    middle.extend([open_streams(4, OUT, 4), open_streams(8, IN, 4)]);
    middle.extend(echo_on((4, 8), &[1, 4]));
    life("streams_stopped", "STOP closes streams, START makes the pipe usable again", middle)
}

/// The USB stack may say so before the driver hears of it.
fn gone() -> Expected {
    Expected::any_of(&[STATUS_DEVICE_NOT_CONNECTED, STATUS_NO_SUCH_DEVICE])
}

fn unplugged() -> Scenario {
    let mut steps = vec![Step::Plug(Plug::new(DEVICE, STREAMS_MODEL)), open()];
    steps.extend(open_both(EIGHT));
    steps.extend([
        pending("one", 8, 1),
        pending("two", 8, 2),
        pending("again one", 8, 1),
        unplug(),
        wait("one", gone()),
        wait("two", gone()),
        wait("again one", gone()),
        close_streams(IN, ends(STATUS_DEVICE_NOT_CONNECTED)),
        opening_ends(IN, 2, ends(STATUS_DEVICE_NOT_CONNECTED)),
        is(NodeState::DeletePendingCloses),
        close(),
        is(NodeState::Deleted),
        Step::Unload,
    ]);
    scenario("streams_unplugged", "the cable is pulled with streams open and requests in flight", steps)
}

fn unplug_race() -> Scenario {
    let anything = |ioctl| Step::Ioctl { ioctl, expect: Expected::anything() };
    let branches = vec![
        Branch::new(vec![opening_anyhow(OUT), opening_anyhow(IN), submit("a", read(2, 1)), closing_anyhow()]),
        Branch::new(vec![unplug()]),
        Branch::new(vec![anything(read_of(FILE, PLAIN_IN.into()))]),
    ];
    let mut steps = vec![Step::Plug(Plug::new(DEVICE, STREAMS_MODEL)), open(), Step::Race(Race { branches })];
    steps.extend([wait("a", Expected::anything()), close(), is(NodeState::Deleted), Step::Unload]);
    scenario("streams_unplug_race", "streams are opened and used while the cable is pulled", steps)
}

fn opening_anyhow(endpoint: u8) -> Step {
    opening_ends(endpoint, 2, Expected::anything())
}

fn closing_anyhow() -> Step {
    close_streams(IN, Expected::anything())
}

/// Several threads open, use, cancel, reset and close.
fn requests_race() -> Scenario {
    let anything = |ioctl| Step::Ioctl { ioctl, expect: Expected::anything() };
    let branches = vec![
        Branch::new(vec![closing_anyhow(), opening_anyhow(IN), closing_anyhow()]),
        Branch::new(vec![submit("a", read(2, 1)), submit("b", read(2, 2)), cancel("a"), cancel("b")]),
        Branch::new(vec![anything(Ioctl::reset(FILE, IN)), anything(Ioctl::abort(FILE, IN))]),
        Branch::new(vec![anything(write(0, 1, 1)), anything(write(0, 2, 2))]),
    ];
    let mut middle: Vec<Step> = open_both(2).into();
    middle.push(Step::Race(Race { branches }));
    middle.extend(["a", "b"].map(|name| wait(name, Expected::anything())));
    life("streams_requests_race", "threads open, use, cancel, reset and close streams at once", middle)
}

/// There is no memory for the request that opens them.
fn not_allocated() -> Scenario {
    let mut middle = Vec::new();
    for routine in ["USBD_UrbAllocate", "IoAllocateIrp"] {
        middle.push(Step::FailCall { routine: routine.into(), nth: 1, status: None });
        middle.push(opening_ends(IN, 2, ends(STATUS_INSUFFICIENT_RESOURCES)));
        middle.extend(pipes_work());
    }
    middle.extend([open_streams(4, OUT, 2), open_streams(6, IN, 2)]);
    middle.push(Step::FailCall { routine: "USBD_UrbAllocate".into(), nth: 1, status: None });
    middle.push(close_streams(IN, ends(STATUS_INSUFFICIENT_RESOURCES)));
    middle.extend(echo_on((4, 6), &[1, 2]));
    middle.push(close_streams(IN, Expected::success()));
    life("streams_not_allocated", "no memory to open streams, or to close them", middle)
}

/// A setting of the USB client driver verifier, and a life with it.
fn with_setting(name: &str, value: &str, data: u32, about: &str, middle: Vec<Step>) -> Scenario {
    let mut scenario = life(name, about, middle);
    scenario.steps.insert(0, Step::Registry { value: value.into(), data });
    scenario
}

fn denied() -> Scenario {
    let mut middle = vec![opening_ends(IN, 2, ends(STATUS_NOT_SUPPORTED))];
    middle.extend(pipes_work());
    let value = "UsbVerifierFailStaticStreamsSupport";
    with_setting("streams_denied", value, 1, "the query for streams fails: it works without", middle)
}

fn fewer() -> Scenario {
    let mut middle = vec![opening_ends(IN, EIGHT, ends(STATUS_INVALID_PARAMETER))];
    middle.extend(pipes_work());
    middle.extend(open_both(4));
    middle.extend(echo_on((0, 4), &[1, 2, 3, 4]));
    let value = "UsbVerifierStaticStreamCountOverride";
    with_setting("streams_fewer", value, 4, "the controller has four streams: not more are opened", middle)
}

fn not_enabled() -> Scenario {
    let mut middle = vec![opening_ends(IN, 2, Expected::failure())];
    middle.extend(pipes_work());
    middle.push(opening_ends(OUT, 2, Expected::failure()));
    middle.extend(pipes_work());
    let value = "UsbVerifierFailEnableStaticStreams";
    with_setting("streams_not_enabled", value, 1, "opening fails: the pipe is as usable as before", middle)
}

/// A command of mass storage: its code, the first block and the number of blocks.
fn command(tag: u8, code: u8, block: u8, count: u8) -> Step {
    let mut unit = vec![uas::COMMAND_UNIT, 0, 0, tag];
    unit.resize(16, 0);
    unit.extend([code, 0, 0, 0, 0, block, 0, 0, count]);
    unit.resize(uas::COMMAND_SIZE, 0);
    ioctl(Ioctl::write(FILE, uas::COMMAND, Bytes::of(unit)), Expected::success().moved(32))
}

/// The status of a command, which comes on the stream of its tag.
fn status_of(tag: u8) -> Step {
    let unit = Bytes::of([uas::SENSE_UNIT, 0, 0, tag, 0, 0, uas::GOOD]);
    let read = read_of(FILE, handle(1, tag.into()));
    ioctl(read, Expected::success().moved(uas::SENSE_SIZE as u64).bytes(unit))
}

/// Mass storage of the shape of UAS: commands overlap, and each one's data and status come on the stream of its tag.
fn mass_storage() -> Scenario {
    const READ: u8 = 0x28;
    const WRITE: u8 = 0x2A;
    let mut middle = vec![claim(0)];
    middle.extend(select(0, 1));
    middle.extend([
        open_streams(1, uas::STATUS, 16),
        open_streams(17, uas::DATA_IN, 16),
        open_streams(33, uas::DATA_OUT, 16),
    ]);
    for (tag, seed) in [(1_u8, 11), (2, 22)] {
        let input = PipeTransfer::new(handle(33, tag.into())).encode();
        let data = Bytes::pattern(seed, PACKET);
        let write = Ioctl::new(FILE, control_code::PIPE_WRITE, Bytes::of(input), data);
        middle.push(command(tag, WRITE, 2 * tag, 2));
        middle.push(ioctl(write, Expected::success().moved(PACKET.into())));
        middle.push(status_of(tag));
    }
    middle.extend([command(3, READ, 2, 2), command(16, READ, 4, 2)]);
    let data_of = |tag: u8| read_of(FILE, handle(17, tag.into()));
    middle.extend([ioctl(data_of(16), arrived(22)), ioctl(data_of(3), arrived(11))]);
    middle.extend([status_of(3), status_of(16)]);
    life_of("uas-ss", "streams_mass_storage", "commands of a disk overlap, each on its own stream", middle)
}
