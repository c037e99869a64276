//! The kinds of transfers whose cost is counted, in the sizes that each kind allows.

use usb_models::models::{iso_loopback, loopback, stream_loopback};
use usbclient_protocol::{PipeTransfer, SetupPacket, StreamsOpen, control_code};

use super::FILE;
use crate::scenario::{Bytes, Expected, Ioctl, Isoch, Step};

/// One kind of transfer.
pub(super) struct Case {
    pub(super) what: String,
    pub(super) model: &'static str,
    pub(super) bytes: u32,
    /// Bytes of results that the driver writes behind the data.
    pub(super) results: u64,
    /// Once, after the open.
    pub(super) first: Vec<Step>,
    /// Before every transfer.
    pub(super) before: Vec<Step>,
    pub(super) step: Step,
    /// After every transfer.
    pub(super) after: Vec<Step>,
}

const SMALL: u32 = 64;
pub(super) const PAGE: u32 = 4096;
const LARGE: u32 = 1 << 20;
/// More than goes to the bus at once: two chunks.
const SPLIT: u32 = 8 << 20;
/// Bytes of a high-speed bulk packet, and of a `SuperSpeed` one.
const PACKET: u32 = 512;
const SUPER_PACKET: u32 = 1024;
/// The first handle that the table of a device gives out; the others follow it.
const FIRST_HANDLE: u32 = 0x1000;
const STREAMS: u32 = 2;

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let mut all = control();
    all.extend([SMALL, PAGE, LARGE].into_iter().flat_map(|bytes| bulk("bulk", bytes, 0)));
    all.extend(bulk("bulk, two chunks", SPLIT, 0));
    all.extend(bulk("bulk, with timeout", PAGE, 5000));
    all.extend([SMALL, PAGE].map(interrupt));
    all.extend([SMALL, PAGE, LARGE].into_iter().flat_map(streams));
    for (speed, model, packets) in [
        ("full speed", "iso-loopback-fs", &[(8, 8), (32, 128)][..]),
        ("high speed", "iso-loopback-hs", &[(8, 8), (8, 512), (512, 2048)]),
        ("SuperSpeed", "iso-loopback-ss", &[(8, 8), (8, 512), (256, 4096)]),
    ] {
        all.extend(packets.iter().flat_map(|packets| isochronous(speed, model, *packets)));
    }
    all
}

/// A write of a page to the loopback device, with nothing around it.
pub(super) fn plain(model: &'static str) -> Case {
    Case { after: Vec::new(), ..pair("bulk", model, PAGE, write(BULK_OUT, PAGE, 0), drain(PAGE)).0 }
}

/// The direction goes before what is special: `bulk out, two chunks`.
fn named(what: &str, direction: &str) -> String {
    what.split_once(',').map_or_else(
        || format!("{what} {direction}"),
        |(kind, special)| format!("{kind} {direction},{special}"),
    )
}

/// A transfer out, and the transfer that brings the same in.
fn pair(what: &str, model: &'static str, bytes: u32, out: Step, into: Step) -> (Case, Case) {
    let case = |direction: &str, before, step, after| {
        let what = named(what, direction);
        Case { what, model, bytes, results: 0, first: Vec::new(), before, step, after }
    };
    (case("out", vec![], out.clone(), vec![into.clone()]), case("in", vec![out], into, vec![]))
}

fn io(ioctl: Ioctl, bytes: u32) -> Step {
    Step::Ioctl { ioctl, expect: Expected::success().moved(bytes.into()) }
}

const BULK_OUT: u32 = loopback::BULK_OUT as u32;

fn transfer(target: u32, timeout_ms: u32) -> Bytes {
    Bytes::of(PipeTransfer { timeout_ms, ..PipeTransfer::new(target) }.encode())
}

fn write(target: u32, bytes: u32, timeout_ms: u32) -> Step {
    let input = transfer(target, timeout_ms);
    io(Ioctl::new(FILE, control_code::PIPE_WRITE, input, Bytes::pattern(1, bytes)), bytes)
}

/// A read has room for whole packets: any other length is refused. What comes is as short as what went out.
fn read(target: u32, bytes: u32, packet: u32, timeout_ms: u32) -> Step {
    let input = transfer(target, timeout_ms);
    io(Ioctl::new(FILE, control_code::PIPE_READ, input, Bytes::room(bytes.max(packet))), bytes)
}

fn drain(bytes: u32) -> Step {
    read(loopback::BULK_IN.into(), bytes, PACKET, 0)
}

fn bulk(what: &str, bytes: u32, timeout_ms: u32) -> [Case; 2] {
    let into = read(loopback::BULK_IN.into(), bytes, PACKET, timeout_ms);
    pair(what, "loopback-hs", bytes, write(BULK_OUT, bytes, timeout_ms), into).into()
}

fn vendor(request_type: u8, request: u8, bytes: u32) -> SetupPacket {
    let length = u16::try_from(bytes).unwrap_or(u16::MAX);
    SetupPacket { request_type, request, value: 0, index: 0, length }
}

/// 1 MiB is more than `wLength` can say.
fn control() -> Vec<Case> {
    let sizes = [SMALL, PAGE].into_iter();
    let both = sizes.flat_map(|bytes| {
        let data = Bytes::pattern(1, bytes);
        let out = io(Ioctl::control_out(FILE, vendor(0x40, loopback::MEMORY, bytes), data), bytes);
        let into = io(Ioctl::control_in(FILE, vendor(0xC0, loopback::MEMORY, bytes)), bytes);
        let (out, into) = pair("control", "loopback-hs", bytes, out, into);
        [Case { after: vec![], ..out }, Case { before: vec![], ..into }]
    });
    both.collect()
}

/// The device has a report of 64 bytes for each packet, 64 of them at most.
fn interrupt(bytes: u32) -> Case {
    let queue = Ioctl::control_out(FILE, vendor(0x40, loopback::REPORT, SMALL), Bytes::pattern(2, SMALL));
    let before = vec![io(queue, SMALL); (bytes / SMALL) as usize];
    let step = read(loopback::INTERRUPT_IN.into(), bytes, SMALL, 0);
    let what = "interrupt in".into();
    Case { what, model: "loopback-hs", bytes, results: 0, first: vec![], before, step, after: vec![] }
}

fn open_streams(endpoint: u8) -> Step {
    let input = StreamsOpen { target: endpoint.into(), count: STREAMS }.encode();
    let room = 4 + 4 * STREAMS;
    io(Ioctl::new(FILE, control_code::OPEN_STREAMS, Bytes::of(input), Bytes::room(room)), room)
}

fn streams(bytes: u32) -> [Case; 2] {
    let first = vec![open_streams(stream_loopback::OUT), open_streams(stream_loopback::IN)];
    let into = read(FIRST_HANDLE + STREAMS, bytes, SUPER_PACKET, 0);
    let (out, into) = pair("stream", "stream-loopback-ss", bytes, write(FIRST_HANDLE, bytes, 0), into);
    [Case { first: first.clone(), ..out }, Case { first, ..into }]
}

/// So much time goes by before each that the stack forgets which frame would have been next: what came a little late
/// would be lost.
fn isochronous(speed: &str, model: &'static str, (packets, size): (u32, u32)) -> [Case; 2] {
    let packets = Isoch { packets, size, start_frame: None };
    let bytes = packets.packets * packets.size;
    let moved = || Expected::success().moved(packets.second_length());
    let out = Ioctl::isoch_write(FILE, iso_loopback::OUT, packets, &Bytes::pattern(1, bytes));
    let out = Step::Ioctl { ioctl: out, expect: moved() };
    let into = Step::Ioctl { ioctl: Ioctl::isoch_read(FILE, iso_loopback::IN, packets), expect: moved() };
    let (out, into) = pair(&format!("isochronous, {speed}"), model, bytes, out, into);
    let paused = |mut case: Case| {
        case.before.insert(0, Step::Sleep { microseconds: 1_100_000 });
        case.results = packets.second_length() - u64::from(bytes.next_multiple_of(8));
        case
    };
    [paused(out), paused(into)]
}
