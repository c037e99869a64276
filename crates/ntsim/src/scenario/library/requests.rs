//! Requests of user mode: cancelled, abandoned, hostile.

use usb_models::models::loopback;
use usbclient_protocol::{PipeTransfer, SetupPacket, control_code};

use super::build::{
    FILE, PACKET, cancel, close_file, control_transfers, echo, ends, ioctl, life, submit_read,
    submit_read_of, wait,
};
use super::removal::late_read;
use crate::{
    abi::status::{
        STATUS_ACCESS_DENIED, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_INVALID_BUFFER_SIZE,
        STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER,
    },
    scenario::{Branch, Bytes, DEVICE, Expected, Ioctl, Loopback, Open, Poke, Race, Scenario, Step},
};

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        cancelled(),
        cancel_race(),
        cancel_schedule(),
        cleanup_schedule(),
        requests_race(),
        abandoned(),
        process_exit(),
        two_files(),
        abort_and_reset(),
        split(),
        hostile_lengths(),
        hostile_endpoints(),
        hostile_setups(),
        without_access(),
        read_and_write_file(),
    ]
}

fn cancelled() -> Scenario {
    let mut middle = vec![submit_read("one"), submit_read("two"), submit_read("three")];
    for name in ["two", "one", "three"] {
        middle.extend([cancel(name), wait(name, ends(STATUS_CANCELLED).moved(0))]);
    }
    life("cancelled", "pending reads are cancelled, not in their order", middle)
}

fn cancel_race() -> Scenario {
    let write = echo(FILE, 5).into_iter().take(1).collect();
    let branches = vec![
        Branch::new(vec![cancel("read")]),
        Branch::new(write),
        Branch::new(vec![wait("read", Expected::anything())]),
    ];
    let flush = SetupPacket { request_type: 0x40, request: loopback::FLUSH, ..SetupPacket::default() };
    let middle = vec![
        submit_read("read"),
        Step::Race(Race { branches }),
        ioctl(Ioctl::control_out(FILE, flush, Bytes::none()), Expected::success()),
    ];
    life("cancel_race", "a read is cancelled while its data arrive", middle)
}

/// Another thread cancels a request that is marked pending and not yet sent.
fn cancel_schedule() -> Scenario {
    let read = late_read(ends(STATUS_CANCELLED).moved(0));
    let abort = Branch::last(vec![Step::CancelFile { file: FILE.into() }]);
    let middle = vec![Step::Race(Race { branches: vec![read, abort] })];
    life("cancel_schedule", "a read is marked pending, it is cancelled, it is sent", middle)
}

/// The same with CLEANUP.
fn cleanup_schedule() -> Scenario {
    let second = "second file";
    let late = Branch::held_at("IofCallDriver", vec![submit_read_of("late", second)]);
    let close = Branch::last(vec![close_file(second)]);
    let middle = vec![
        Step::Open(Open::new(DEVICE, second)),
        Step::Race(Race { branches: vec![late, close] }),
        wait("late", ends(STATUS_CANCELLED).moved(0)),
    ];
    life("cleanup_schedule", "a read is marked pending, its file is closed, it is sent", middle)
}

/// Several threads use, cancel, abort and reset the same pipe.
fn requests_race() -> Scenario {
    let anything = |ioctl| Step::Ioctl { ioctl, expect: Expected::anything() };
    let write = || anything(Ioctl::write(FILE, loopback::BULK_OUT, Bytes::pattern(1, PACKET)));
    let branch = |steps| Branch::new(steps);
    let flush = SetupPacket { request_type: 0x40, request: loopback::FLUSH, ..SetupPacket::default() };
    let branches = vec![
        branch(vec![submit_read("a"), submit_read("b"), cancel("b"), cancel("a")]),
        branch(vec![write(), write(), write()]),
        branch(vec![anything(Ioctl::abort(FILE, loopback::BULK_IN)), submit_read("c"), cancel("c")]),
        branch(vec![
            anything(Ioctl::reset(FILE, loopback::BULK_IN)),
            anything(Ioctl::abort(FILE, loopback::BULK_OUT)),
        ]),
    ];
    let mut middle = vec![Step::Race(Race { branches })];
    middle.extend(["a", "b", "c"].map(|name| wait(name, Expected::anything())));
    middle.push(ioctl(Ioctl::control_out(FILE, flush, Bytes::none()), Expected::success()));
    life("requests_race", "threads use, cancel, abort and reset the same pipe", middle)
}

fn abandoned() -> Scenario {
    let second = "second file";
    let middle = vec![
        Step::Open(Open::new(DEVICE, second)),
        submit_read_of("abandoned", second),
        submit_read("kept"),
        close_file(second),
        wait("abandoned", ends(STATUS_CANCELLED).moved(0)),
        cancel("kept"),
        wait("kept", ends(STATUS_CANCELLED)),
    ];
    life("abandoned", "CLEANUP cancels the requests of its own file only", middle)
}

fn process_exit() -> Scenario {
    let file = "file of the other process";
    let open = Open { process: "other".into(), ..Open::new(DEVICE, file) };
    let middle = vec![
        Step::Open(open),
        submit_read_of("one", file),
        submit_read_of("two", file),
        Step::ExitProcess { process: "other".into() },
    ];
    life("process_exit", "a process ends with requests in flight", middle)
}

fn two_files() -> Scenario {
    let second = "second handle";
    let mut middle = vec![Step::Duplicate { file: FILE.into(), handle: second.into() }];
    middle.push(submit_read("read"));
    middle.push(close_file(second));
    middle.push(Step::Open(Open::new(DEVICE, "second file")));
    middle.push(cancel("read"));
    middle.push(wait("read", ends(STATUS_CANCELLED)));
    middle.extend(control_transfers("second file", 3));
    middle.push(close_file("second file"));
    life("two_files", "several handles and files at once", middle)
}

fn abort_and_reset() -> Scenario {
    let endpoint = loopback::BULK_IN;
    let middle = vec![
        submit_read("one"),
        submit_read("two"),
        ioctl(Ioctl::abort(FILE, endpoint), Expected::success()),
        wait("one", ends(STATUS_CANCELLED)),
        wait("two", ends(STATUS_CANCELLED)),
        Step::Poke { device: DEVICE.into(), poke: Poke::Halt { endpoint } },
        submit_read("halted"),
        wait("halted", Expected::anything()),
        ioctl(Ioctl::reset(FILE, endpoint), Expected::success()),
    ];
    life("abort_and_reset", "ABORT_PIPE, a halted endpoint, RESET_PIPE", middle)
}

fn split() -> Scenario {
    let run = |bytes, chunk, depth| {
        let (out_endpoint, in_endpoint) = (loopback::BULK_OUT, loopback::BULK_IN);
        Step::Loopback(Loopback {
            file: FILE.into(),
            bytes,
            chunk,
            depth,
            seed: 4,
            out_endpoint,
            in_endpoint,
        })
    };
    let middle = vec![run(24 << 20, 12 << 20, 2), run(64 * 1024, 4096, 8)];
    life("split", "transfers larger than the documented maximum", middle)
}

fn hostile_lengths() -> Scenario {
    use control_code as code;
    let input = |length: usize| Bytes::of(vec![0x81; length]);
    let ask =
        |code, input, room, status| ioctl(Ioctl::new(FILE, code, input, Bytes::room(room)), ends(status));
    let good = || Bytes::of(PipeTransfer::new(loopback::BULK_IN.into()).encode());
    let middle = vec![
        ask(code::GET_DEVICE_DESCRIPTOR, Bytes::none(), 17, STATUS_BUFFER_TOO_SMALL),
        ask(code::GET_DEVICE_DESCRIPTOR, Bytes::none(), 0, STATUS_BUFFER_TOO_SMALL),
        ask(code::GET_DEVICE_DESCRIPTOR, input(1), 18, STATUS_INVALID_BUFFER_SIZE),
        ask(code::GET_CONFIGURATION_DESCRIPTOR, Bytes::none(), 8, STATUS_BUFFER_TOO_SMALL),
        ask(code::GET_PIPES, Bytes::none(), 3, STATUS_BUFFER_TOO_SMALL),
        ask(code::PIPE_READ, input(15), PACKET, STATUS_BUFFER_TOO_SMALL),
        ask(code::PIPE_READ, Bytes::none(), PACKET, STATUS_BUFFER_TOO_SMALL),
        ask(code::PIPE_READ, input(17), PACKET, STATUS_INVALID_BUFFER_SIZE),
        ask(code::PIPE_READ, good(), 0, STATUS_INVALID_BUFFER_SIZE),
        ask(code::PIPE_READ, good(), PACKET - 1, STATUS_INVALID_BUFFER_SIZE),
        ask(code::CONTROL_IN, input(15), 4, STATUS_BUFFER_TOO_SMALL),
        ask(code::CONTROL_IN, input(17), 4, STATUS_INVALID_BUFFER_SIZE),
        ask(code::ABORT_PIPE, input(3), 0, STATUS_BUFFER_TOO_SMALL),
        ask(code::ABORT_PIPE, input(5), 0, STATUS_INVALID_BUFFER_SIZE),
        ask(code::RESET_PIPE, Bytes::of([loopback::BULK_IN, 0, 0, 0]), 1, STATUS_INVALID_BUFFER_SIZE),
    ];
    life("hostile_lengths", "buffers too short and too long", middle)
}

fn hostile_endpoints() -> Scenario {
    let refused = |request| ioctl(request, ends(STATUS_INVALID_PARAMETER));
    let flagged = PipeTransfer { flags: 1, ..PipeTransfer::new(loopback::BULK_IN.into()) };
    let reserved = PipeTransfer { reserved: 0x100, ..PipeTransfer::new(loopback::BULK_IN.into()) };
    let read = |header: PipeTransfer| {
        Ioctl::new(FILE, control_code::PIPE_READ, Bytes::of(header.encode()), Bytes::room(PACKET))
    };
    let middle = vec![
        refused(Ioctl::read(FILE, loopback::BULK_OUT, PACKET)),
        refused(Ioctl::write(FILE, loopback::BULK_IN, Bytes::room(PACKET))),
        refused(Ioctl::read(FILE, 0x00, PACKET)),
        refused(Ioctl::read(FILE, 0x80, PACKET)),
        refused(Ioctl::read(FILE, 0xFF, PACKET)),
        refused(Ioctl::abort(FILE, 0x7F)),
        refused(Ioctl::reset(FILE, 0x00)),
        refused(read(flagged)),
        refused(read(reserved)),
        ioctl(
            Ioctl::new(FILE, 0x8B5C_0000, Bytes::none(), Bytes::none()),
            ends(STATUS_INVALID_DEVICE_REQUEST),
        ),
        ioctl(
            Ioctl::new(FILE, 0x0022_0003, Bytes::of([1, 2, 3]), Bytes::room(3)),
            ends(STATUS_INVALID_DEVICE_REQUEST),
        ),
    ];
    life("hostile_endpoints", "endpoints that are not there, wrong directions, unknown codes", middle)
}

fn hostile_setups() -> Scenario {
    let setup =
        |request_type, request, value, length| SetupPacket { request_type, request, value, index: 0, length };
    let refused = |request, status| ioctl(request, ends(status));
    let wrong_way = Ioctl::control_in(FILE, setup(0x40, 1, 0, 4));
    let set_configuration = Ioctl::control_out(FILE, setup(0x00, 9, 0, 0), Bytes::none());
    let set_address = Ioctl::control_out(FILE, setup(0x00, 5, 3, 0), Bytes::none());
    let set_interface = Ioctl::control_out(FILE, setup(0x01, 11, 0, 0), Bytes::none());
    let clear_halt = Ioctl::control_out(FILE, setup(0x02, 1, 0, 0), Bytes::none());
    let too_little = Ioctl { output: Bytes::room(3), ..Ioctl::control_in(FILE, setup(0xC0, 1, 0, 4)) };
    // Beyond the device's memory: it answers STALL.
    let stall = Ioctl::control_in(FILE, setup(0xC0, 1, 0xFFFF, 4));
    let mut middle = vec![refused(wrong_way, STATUS_INVALID_PARAMETER)];
    for request in [set_configuration, set_address, set_interface, clear_halt] {
        middle.push(refused(request, STATUS_INVALID_PARAMETER));
    }
    middle.push(refused(too_little, STATUS_INVALID_BUFFER_SIZE));
    middle.push(ioctl(stall, Expected::anything()));
    middle.extend(control_transfers(FILE, 8));
    life("hostile_setups", "control requests that belong to the USB stack, or lie", middle)
}

fn without_access() -> Scenario {
    let reader = Open { write: false, ..Open::new(DEVICE, "reader") };
    let writer = Open { read: false, ..Open::new(DEVICE, "writer") };
    let denied = |request| ioctl(request, ends(STATUS_ACCESS_DENIED));
    let middle = vec![
        Step::Open(reader),
        Step::Open(writer),
        denied(Ioctl::write("reader", loopback::BULK_OUT, Bytes::room(PACKET))),
        denied(Ioctl::reset("reader", loopback::BULK_IN)),
        denied(Ioctl::read("writer", loopback::BULK_IN, PACKET)),
        close_file("reader"),
        close_file("writer"),
    ];
    life("without_access", "requests that the handle has no right to", middle)
}

fn read_and_write_file() -> Scenario {
    let expect = || ends(STATUS_INVALID_DEVICE_REQUEST).moved(0);
    let file = || FILE.to_owned();
    let middle = vec![
        Step::ReadFile { file: file(), length: PACKET, expect: expect() },
        Step::ReadFile { file: file(), length: 0, expect: expect() },
        Step::WriteFile { file: file(), data: Bytes::pattern(1, PACKET), expect: expect() },
    ];
    life("read_and_write_file", "ReadFile and WriteFile, which name no endpoint", middle)
}
