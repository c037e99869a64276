//! What open files have: claimed interfaces, handles, privileges; and what becomes of it when they are closed, when
//! the device is stopped, and when it goes.
//!
//! Handles are numbers that the driver makes up. What it makes up is its own matter, but a script has to name them: the
//! first is [`FIRST`], and the others follow one by one, as long as none is given back.

use usb_models::models::loopback;
use usbclient_protocol::{
    DropPrivileges, HandleSelect, InterfaceSelect, PipeOpen, PipeSelect, PipeTransfer, SetupPacket,
    control_code, operation,
};

use super::build::{
    self, FILE, MODEL, PACKET, cancel, close, close_file, control_transfers, echo, ends, ioctl, is, open,
    plug, pnp, scenario, submit_read, submit_read_of, unplug, wait,
};
use crate::{
    abi::status::{
        STATUS_ACCESS_DENIED, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_DEVICE_NOT_CONNECTED,
        STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_HANDLE,
        STATUS_INVALID_PARAMETER, STATUS_SHARING_VIOLATION,
    },
    pnp::NodeState,
    scenario::{
        Branch, Bytes, Code, DEVICE, Expected, Ioctl, Open, Plug, PnpOperation, Race, Scenario, Step,
    },
};

/// The first handle that a device gives out.
const FIRST: u32 = 0x1000;
/// The loopback model's only interface.
const INTERFACE: u8 = 0;
/// The file of another process.
const OTHER: &str = "other's file";
/// The other process.
const PROCESS: &str = "other";
/// `IRP_MJ_DEVICE_CONTROL`
const DEVICE_CONTROL: u8 = 0x0E;

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        claim_is_enforced(),
        claim_of_what_is_in_use(),
        claims_of_a_composite_device(),
        handles_forged(),
        handles_stale(),
        handle_closed_with_io(),
        claimer_exits(),
        claimer_closes_with_io(),
        claims_and_unplug(),
        claims_and_stop(),
        claims_and_pulled_while_stopped(),
        privileges(),
        privileges_of_interfaces(),
        claim_races_cleanup(),
        claim_schedule_of_cleanup(),
        claims_race(),
        create_without_memory(),
        sender_without_file(),
    ]
}

fn life(name: &str, about: &str, middle: Vec<Step>) -> Scenario {
    let mut steps = vec![open_other()];
    steps.extend(middle);
    build::life(name, about, steps)
}

fn open_other() -> Step {
    Step::Open(Open { process: PROCESS.into(), ..Open::new(DEVICE, OTHER) })
}

fn claim(file: &str, number: u8) -> Ioctl {
    let input = InterfaceSelect { number, reserved: [0; 3] };
    Ioctl::new(file, control_code::CLAIM_INTERFACE, Bytes::of(input.encode()), Bytes::room(4))
}

fn open_pipe(file: &str, interface: u32, endpoint: u8) -> Ioctl {
    let input = PipeOpen { interface, endpoint, reserved: [0; 3] };
    Ioctl::new(file, control_code::OPEN_PIPE, Bytes::of(input.encode()), Bytes::room(4))
}

fn close_handle(file: &str, handle: u32) -> Ioctl {
    let input = Bytes::of(HandleSelect { handle }.encode());
    Ioctl::new(file, control_code::CLOSE_HANDLE, input, Bytes::none())
}

fn read(file: &str, target: u32) -> Ioctl {
    let input = Bytes::of(PipeTransfer::new(target).encode());
    Ioctl::new(file, control_code::PIPE_READ, input, Bytes::room(PACKET))
}

fn write(file: &str, target: u32, data: Bytes) -> Ioctl {
    Ioctl::new(file, control_code::PIPE_WRITE, Bytes::of(PipeTransfer::new(target).encode()), data)
}

fn select(file: &str, code: u32, target: u32) -> Ioctl {
    Ioctl::new(file, code, Bytes::of(PipeSelect::new(target).encode()), Bytes::none())
}

fn keep(file: &str, operations: u32, interfaces: [u8; 32]) -> Ioctl {
    let input = DropPrivileges { operations, reserved: 0, interfaces };
    Ioctl::new(file, control_code::DROP_PRIVILEGES, Bytes::of(input.encode()), Bytes::none())
}

/// The request gives out this handle.
fn gives(handle: u32) -> Expected {
    Expected::success().moved(4).bytes(Bytes::of(handle.to_le_bytes()))
}

/// The file claims the interface, and opens its two bulk pipes: handles `first`, and the two that follow.
fn take_all(file: &str, first: u32) -> [Step; 3] {
    [
        ioctl(claim(file, INTERFACE), gives(first)),
        ioctl(open_pipe(file, first, loopback::BULK_OUT), gives(first + 1)),
        ioctl(open_pipe(file, first, loopback::BULK_IN), gives(first + 2)),
    ]
}

/// Writes to the loop and reads the same back, by handles.
fn echo_by_handle(file: &str, out: u32, seed: u64) -> [Step; 2] {
    let data = Bytes::pattern(seed, PACKET);
    let length = u64::from(PACKET);
    [
        ioctl(write(file, out, data.clone()), Expected::success().moved(length)),
        ioctl(read(file, out + 1), Expected::success().moved(length).bytes(data)),
    ]
}

/// A standard `GET_STATUS` of two bytes, for an interface or an endpoint.
const fn get_status(recipient: u8, index: u16) -> SetupPacket {
    SetupPacket { request_type: 0x80 | recipient, request: 0, value: 0, index, length: 2 }
}

/// Everything that goes to the interface is refused to the file.
fn refused_to(file: &str) -> Vec<Step> {
    let refused = |request| ioctl(request, ends(STATUS_SHARING_VIOLATION));
    let (bulk_in, bulk_out) = (loopback::BULK_IN, loopback::BULK_OUT);
    vec![
        refused(claim(file, INTERFACE)),
        refused(Ioctl::read(file, bulk_in, PACKET)),
        refused(Ioctl::write(file, bulk_out, Bytes::pattern(1, PACKET))),
        refused(Ioctl::abort(file, bulk_in)),
        refused(Ioctl::reset(file, bulk_in)),
        refused(Ioctl::control_in(file, get_status(1, u16::from(INTERFACE)))),
        refused(Ioctl::control_in(file, get_status(2, u16::from(bulk_in)))),
        // The bits of the endpoint's address that mean nothing are no way around it.
        refused(Ioctl::control_in(file, get_status(2, 0x0100 | u16::from(bulk_in) | 0x70))),
    ]
}

fn claim_is_enforced() -> Scenario {
    let mut middle = vec![ioctl(claim(FILE, INTERFACE), gives(FIRST))];
    middle.push(ioctl(claim(FILE, INTERFACE), gives(FIRST)));
    middle.extend(refused_to(OTHER));
    // The device itself is everybody's.
    middle.extend(control_transfers(OTHER, 3));
    middle.extend(echo(FILE, 4));
    middle.push(ioctl(
        Ioctl::control_in(FILE, get_status(2, u16::from(loopback::BULK_IN))),
        Expected::success(),
    ));
    middle.push(ioctl(close_handle(OTHER, FIRST), ends(STATUS_INVALID_HANDLE)));
    middle.push(ioctl(close_handle(FILE, FIRST), Expected::success()));
    // Now it is the other way round, under another handle.
    middle.push(ioctl(claim(OTHER, INTERFACE), gives(FIRST + 1)));
    middle.extend(refused_to(FILE));
    middle.extend(echo(OTHER, 5));
    middle.push(close_file(OTHER));
    life("claim_is_enforced", "two processes want the same interface", middle)
}

fn claim_of_what_is_in_use() -> Scenario {
    let middle = vec![
        submit_read_of("read", OTHER),
        ioctl(claim(FILE, INTERFACE), ends(STATUS_SHARING_VIOLATION)),
        cancel("read"),
        wait("read", ends(STATUS_CANCELLED)),
        ioctl(claim(FILE, INTERFACE), gives(FIRST)),
        // One's own requests are no obstacle.
        ioctl(close_handle(FILE, FIRST), Expected::success()),
        submit_read("read"),
        ioctl(claim(FILE, INTERFACE), gives(FIRST + 1)),
        cancel("read"),
        wait("read", ends(STATUS_CANCELLED)),
        close_file(OTHER),
    ];
    life("claim_of_what_is_in_use", "an interface on whose pipes another file has a request", middle)
}

/// Interface numbers have gaps, and an interface may be without endpoints.
fn claims_of_a_composite_device() -> Scenario {
    use usb_models::models::composite::{LOOPBACK_INTERFACE, SOURCE_INTERFACE};
    let steps = vec![
        Step::Plug(Plug::new(DEVICE, "composite")),
        open(),
        open_other(),
        ioctl(claim(FILE, 0), ends(STATUS_INVALID_PARAMETER)),
        ioctl(claim(FILE, 255), ends(STATUS_INVALID_PARAMETER)),
        ioctl(claim(FILE, SOURCE_INTERFACE), gives(FIRST)),
        ioctl(claim(OTHER, LOOPBACK_INTERFACE), gives(FIRST + 1)),
        ioctl(claim(OTHER, SOURCE_INTERFACE), ends(STATUS_SHARING_VIOLATION)),
        ioctl(open_pipe(FILE, FIRST, loopback::BULK_IN), ends(STATUS_INVALID_PARAMETER)),
        ioctl(open_pipe(OTHER, FIRST + 1, loopback::BULK_IN), gives(FIRST + 2)),
        ioctl(Ioctl::read(FILE, loopback::BULK_IN, PACKET), ends(STATUS_SHARING_VIOLATION)),
        ioctl(
            Ioctl::control_in(FILE, get_status(1, LOOPBACK_INTERFACE.into())),
            ends(STATUS_SHARING_VIOLATION),
        ),
        ioctl(Ioctl::control_in(OTHER, get_status(1, LOOPBACK_INTERFACE.into())), Expected::anything()),
        close(),
        ioctl(claim(OTHER, SOURCE_INTERFACE), gives(FIRST + 3)),
        close_file(OTHER),
        unplug(),
        is(NodeState::Deleted),
        Step::Unload,
    ];
    scenario("claims_of_a_composite_device", "interface numbers with gaps, one file for each", steps)
}

/// Every number around the valid ones, and every one that differs in a bit.
fn handles_forged() -> Scenario {
    let is_valid = |value: u32| (FIRST..FIRST + 3).contains(&value);
    let near = (FIRST - 4..FIRST + 8).chain((0..32).map(|bit| (FIRST + 2) ^ (1 << bit)));
    let far = [0x100, 0xFFF, 0x2000, 0x8000_0000, u32::MAX - 1, u32::MAX];
    let mut middle: Vec<Step> = take_all(FILE, FIRST).into();
    for value in near.chain(far).filter(|value| !is_valid(*value) && *value >= 0x100) {
        for request in [
            read(FILE, value),
            write(FILE, value, Bytes::pattern(1, PACKET)),
            select(FILE, control_code::ABORT_PIPE, value),
            close_handle(FILE, value),
            open_pipe(FILE, value, loopback::BULK_IN),
        ] {
            middle.push(ioctl(request, ends(STATUS_INVALID_HANDLE)));
        }
    }
    // Those of another file are no better.
    for value in FIRST..FIRST + 3 {
        for request in [
            read(OTHER, value),
            write(OTHER, value, Bytes::pattern(1, PACKET)),
            select(OTHER, control_code::RESET_PIPE, value),
            close_handle(OTHER, value),
            open_pipe(OTHER, value, loopback::BULK_IN),
        ] {
            middle.push(ioctl(request, ends(STATUS_INVALID_HANDLE)));
        }
    }
    // Of the wrong kind, or the wrong direction; and an address is no handle.
    middle.extend([
        ioctl(read(FILE, FIRST), ends(STATUS_INVALID_HANDLE)),
        ioctl(read(FILE, FIRST + 1), ends(STATUS_INVALID_PARAMETER)),
        ioctl(open_pipe(FILE, FIRST + 1, loopback::BULK_IN), ends(STATUS_INVALID_HANDLE)),
        ioctl(open_pipe(FILE, FIRST, 0x8F), ends(STATUS_INVALID_PARAMETER)),
        ioctl(close_handle(FILE, loopback::BULK_IN.into()), ends(STATUS_INVALID_HANDLE)),
        ioctl(close_handle(FILE, 0), ends(STATUS_INVALID_HANDLE)),
    ]);
    middle.extend(echo_by_handle(FILE, FIRST + 1, 6));
    middle.push(close_file(OTHER));
    life("handles_forged", "numbers that were never given out, or to somebody else", middle)
}

fn handles_stale() -> Scenario {
    let refused = |request| ioctl(request, ends(STATUS_INVALID_HANDLE));
    let mut middle: Vec<Step> = take_all(FILE, FIRST).into();
    middle.extend([
        ioctl(close_handle(FILE, FIRST + 2), Expected::success()),
        refused(close_handle(FILE, FIRST + 2)),
        refused(read(FILE, FIRST + 2)),
        ioctl(open_pipe(FILE, FIRST, loopback::BULK_IN), gives(FIRST + 3)),
        refused(read(FILE, FIRST + 2)),
    ]);
    // With the interface's handle those of its pipes go.
    middle.push(ioctl(close_handle(FILE, FIRST), Expected::success()));
    for handle in FIRST..FIRST + 4 {
        middle.extend([refused(read(FILE, handle)), refused(close_handle(FILE, handle))]);
    }
    middle.extend(take_all(OTHER, FIRST + 4));
    middle.extend(echo_by_handle(OTHER, FIRST + 5, 7));
    middle.push(close_file(OTHER));
    for handle in FIRST..FIRST + 7 {
        middle.push(refused(read(FILE, handle)));
    }
    life("handles_stale", "handles that were given back, one by one and all at once", middle)
}

fn handle_closed_with_io() -> Scenario {
    let mut middle: Vec<Step> = take_all(FILE, FIRST).into();
    let data = Bytes::pattern(8, PACKET);
    middle.extend([
        Step::Submit { request: "read".into(), ioctl: read(FILE, FIRST + 2) },
        ioctl(close_handle(FILE, FIRST + 2), Expected::success()),
        // Stale at once, and what went through it before goes on.
        ioctl(read(FILE, FIRST + 2), ends(STATUS_INVALID_HANDLE)),
        ioctl(write(FILE, FIRST + 1, data.clone()), Expected::success()),
        wait("read", Expected::success().moved(u64::from(PACKET)).bytes(data)),
        close_file(OTHER),
    ]);
    life("handle_closed_with_io", "a pipe's handle is closed with a read in flight", middle)
}

fn claimer_exits() -> Scenario {
    let mut middle: Vec<Step> = take_all(OTHER, FIRST).into();
    middle.extend([
        Step::Submit { request: "one".into(), ioctl: read(OTHER, FIRST + 2) },
        Step::Submit { request: "two".into(), ioctl: read(OTHER, FIRST + 2) },
        ioctl(claim(FILE, INTERFACE), ends(STATUS_SHARING_VIOLATION)),
        Step::ExitProcess { process: PROCESS.into() },
        ioctl(claim(FILE, INTERFACE), gives(FIRST + 3)),
    ]);
    life("claimer_exits", "a process ends with an interface claimed and reads in flight", middle)
}

fn claimer_closes_with_io() -> Scenario {
    let mut middle: Vec<Step> = take_all(OTHER, FIRST).into();
    middle.extend([
        Step::Submit { request: "one".into(), ioctl: read(OTHER, FIRST + 2) },
        ioctl(claim(FILE, INTERFACE), ends(STATUS_SHARING_VIOLATION)),
        close_file(OTHER),
        wait("one", ends(STATUS_CANCELLED).moved(0)),
        ioctl(claim(FILE, INTERFACE), gives(FIRST + 3)),
        ioctl(read(FILE, FIRST + 2), ends(STATUS_INVALID_HANDLE)),
    ]);
    life("claimer_closes_with_io", "a file is closed with a read in flight through its handle", middle)
}

fn claims_and_unplug() -> Scenario {
    let gone = |request| ioctl(request, ends(STATUS_DEVICE_NOT_CONNECTED));
    let mut steps = vec![plug(), open(), open_other()];
    steps.extend(take_all(FILE, FIRST));
    steps.extend([
        Step::Submit { request: "read".into(), ioctl: read(FILE, FIRST + 2) },
        unplug(),
        wait("read", Expected::anything()),
        gone(read(FILE, FIRST + 2)),
        gone(claim(FILE, INTERFACE)),
        gone(claim(OTHER, INTERFACE)),
        gone(close_handle(FILE, FIRST)),
        gone(keep(OTHER, 0, [0; 32])),
        close_file(OTHER),
        close(),
        is(NodeState::Deleted),
        Step::Unload,
    ]);
    scenario("claims_and_unplug", "pulled with an interface claimed and a read in flight", steps)
}

/// Whoever holds claims and handles cannot see that the device was stopped.
fn claims_and_stop() -> Scenario {
    let data = Bytes::pattern(9, PACKET);
    let mut middle: Vec<Step> = take_all(FILE, FIRST).into();
    middle.extend([
        Step::Submit { request: "read".into(), ioctl: read(FILE, FIRST + 2) },
        pnp(PnpOperation::Rebalance),
        ioctl(write(FILE, FIRST + 1, data.clone()), Expected::success()),
        wait("read", Expected::success().bytes(data)),
    ]);
    middle.extend(echo_by_handle(FILE, FIRST + 1, 10));
    middle.extend(refused_to(OTHER));
    // What is asked while the device is stopped waits, and is judged by what is so afterwards.
    let early = |request: &str, ioctl| Step::Submit { request: request.into(), ioctl };
    middle.extend([
        pnp(PnpOperation::QueryStop),
        pnp(PnpOperation::Stop),
        early("claim", claim(OTHER, INTERFACE)),
        early("close", close_handle(FILE, FIRST)),
        early("stale", read(FILE, FIRST + 2)),
        early("again", claim(OTHER, INTERFACE)),
        pnp(PnpOperation::Start),
        wait("claim", ends(STATUS_SHARING_VIOLATION)),
        wait("close", Expected::success()),
        wait("stale", ends(STATUS_INVALID_HANDLE)),
        wait("again", gives(FIRST + 3)),
        close_file(OTHER),
    ]);
    life("claims_and_stop", "claims and handles of pipes outlive a stop of the device", middle)
}

fn claims_and_pulled_while_stopped() -> Scenario {
    let mut steps = vec![plug(), open(), open_other()];
    steps.extend(take_all(FILE, FIRST));
    steps.extend([
        pnp(PnpOperation::QueryStop),
        pnp(PnpOperation::Stop),
        Step::Submit { request: "held".into(), ioctl: claim(OTHER, INTERFACE) },
        close(),
        unplug(),
        wait("held", ends(STATUS_DEVICE_NOT_CONNECTED)),
        close_file(OTHER),
        is(NodeState::Deleted),
        Step::Unload,
    ]);
    scenario(
        "claims_and_pulled_while_stopped",
        "a stopped device is pulled, its claimer closes before",
        steps,
    )
}

fn privileges() -> Scenario {
    use control_code as code;
    let denied = |request| ioctl(request, ends(STATUS_ACCESS_DENIED));
    let every = [0xFF; 32];
    let setup = SetupPacket { request_type: 0xC0, request: loopback::LEVEL, value: 0, index: 0, length: 4 };
    let only_writes = operation::WRITE | operation::CLAIM;
    let unknown = Ioctl { input: Bytes::of(vec![0xFF; 40]), ..keep(OTHER, 0, every) };
    let mut middle = vec![
        ioctl(keep(OTHER, operation::ALL + 1, every), ends(STATUS_INVALID_PARAMETER)),
        ioctl(unknown, ends(STATUS_INVALID_PARAMETER)),
        ioctl(Ioctl { input: Bytes::room(39), ..keep(OTHER, 0, every) }, ends(STATUS_BUFFER_TOO_SMALL)),
        ioctl(Ioctl { input: Bytes::room(41), ..keep(OTHER, 0, every) }, ends(STATUS_INVALID_BUFFER_SIZE)),
        ioctl(Ioctl { output: Bytes::room(1), ..keep(OTHER, 0, every) }, ends(STATUS_INVALID_BUFFER_SIZE)),
    ];
    // None of these has taken anything away.
    middle.extend(echo(OTHER, 11));
    middle.extend([
        ioctl(claim(OTHER, INTERFACE), gives(FIRST)),
        ioctl(keep(OTHER, only_writes, every), Expected::success()),
        ioctl(Ioctl::write(OTHER, loopback::BULK_OUT, Bytes::pattern(12, PACKET)), Expected::success()),
        denied(Ioctl::read(OTHER, loopback::BULK_IN, PACKET)),
        denied(Ioctl::abort(OTHER, loopback::BULK_IN)),
        denied(Ioctl::reset(OTHER, loopback::BULK_IN)),
        denied(Ioctl::control_in(OTHER, setup)),
        denied(Ioctl::new(OTHER, code::RESET_PORT, Bytes::none(), Bytes::none())),
        // Nothing is given back.
        ioctl(keep(OTHER, operation::ALL, every), Expected::success()),
        denied(Ioctl::read(OTHER, loopback::BULK_IN, PACKET)),
        ioctl(keep(OTHER, operation::READ, every), Expected::success()),
        denied(Ioctl::read(OTHER, loopback::BULK_IN, PACKET)),
        denied(Ioctl::write(OTHER, loopback::BULK_OUT, Bytes::pattern(12, PACKET))),
        denied(claim(OTHER, INTERFACE)),
        denied(open_pipe(OTHER, FIRST, loopback::BULK_IN)),
        // What tells only what the driver knows is allowed for ever, and so is giving back.
        ioctl(
            Ioctl::new(OTHER, code::GET_DEVICE_DESCRIPTOR, Bytes::none(), Bytes::room(18)),
            Expected::success().moved(18),
        ),
        ioctl(close_handle(OTHER, FIRST), Expected::success()),
        // The other file has lost nothing.
        ioctl(
            Ioctl::read(FILE, loopback::BULK_IN, PACKET),
            Expected::success().bytes(Bytes::pattern(12, PACKET)),
        ),
        close_file(OTHER),
    ]);
    life("privileges", "a file gives up operations, for ever", middle)
}

fn privileges_of_interfaces() -> Scenario {
    use usb_models::models::composite::{LOOPBACK_INTERFACE, SOURCE_INTERFACE};
    let denied = |request| ioctl(request, ends(STATUS_ACCESS_DENIED));
    let mut only_source = [0; 32];
    only_source[usize::from(SOURCE_INTERFACE / 8)] = 1 << (SOURCE_INTERFACE % 8);
    let mut steps = vec![Step::Plug(Plug::new(DEVICE, "composite")), open(), open_other()];
    steps.extend(echo(OTHER, 13));
    steps.extend([
        ioctl(claim(OTHER, LOOPBACK_INTERFACE), gives(FIRST)),
        ioctl(open_pipe(OTHER, FIRST, loopback::BULK_IN), gives(FIRST + 1)),
        ioctl(keep(OTHER, operation::ALL, only_source), Expected::success()),
        ioctl(claim(OTHER, SOURCE_INTERFACE), gives(FIRST + 2)),
        denied(read(OTHER, FIRST + 1)),
        denied(open_pipe(OTHER, FIRST, loopback::BULK_OUT)),
        denied(Ioctl::read(OTHER, loopback::BULK_IN, PACKET)),
        denied(Ioctl::control_in(OTHER, get_status(1, LOOPBACK_INTERFACE.into()))),
        denied(Ioctl::control_in(OTHER, get_status(2, loopback::BULK_IN.into()))),
        ioctl(keep(OTHER, operation::ALL, [0xFF; 32]), Expected::success()),
        denied(Ioctl::read(OTHER, loopback::BULK_IN, PACKET)),
        // It has the claim still, until it gives it back.
        ioctl(claim(FILE, LOOPBACK_INTERFACE), ends(STATUS_SHARING_VIOLATION)),
        ioctl(close_handle(OTHER, FIRST), Expected::success()),
        denied(claim(OTHER, LOOPBACK_INTERFACE)),
        ioctl(claim(FILE, LOOPBACK_INTERFACE), gives(FIRST + 3)),
        close_file(OTHER),
    ]);
    steps.extend(echo(FILE, 14));
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario("privileges_of_interfaces", "a file gives up an interface, for ever", steps)
}

/// A claim that arrives while its file is being closed is not left behind.
fn claim_races_cleanup() -> Scenario {
    let anything = |ioctl| Step::Ioctl { ioctl, expect: Expected::anything() };
    // The file may be closed before the script gets there.
    let if_possible = |step| Step::Try { step: Box::new(step) };
    let read = Step::Submit { request: "read".into(), ioctl: read(OTHER, FIRST + 1) };
    let branches = vec![
        Branch::new(vec![
            if_possible(anything(claim(OTHER, INTERFACE))),
            if_possible(anything(open_pipe(OTHER, FIRST, loopback::BULK_IN))),
            if_possible(read),
        ]),
        Branch::new(vec![close_file(OTHER)]),
        Branch::new(vec![anything(claim(FILE, INTERFACE)), anything(claim(FILE, INTERFACE))]),
    ];
    let middle = vec![
        Step::Race(Race { branches }),
        if_possible(wait("read", Expected::anything())),
        ioctl(claim(FILE, INTERFACE), Expected::success().moved(4)),
    ];
    life("claim_races_cleanup", "a file is closed while it claims an interface", middle)
}

/// The same as one schedule: the claim is in the driver, CLEANUP is done, then it goes on.
fn claim_schedule_of_cleanup() -> Scenario {
    let late = Branch::held_at(
        "KeAcquireSpinLockRaiseToDpc",
        vec![Step::Submit { request: "late".into(), ioctl: claim(OTHER, INTERFACE) }],
    );
    let middle = vec![
        Step::Race(Race { branches: vec![late, Branch::last(vec![close_file(OTHER)])] }),
        wait("late", ends(STATUS_CANCELLED).moved(0)),
        ioctl(claim(FILE, INTERFACE), gives(FIRST)),
    ];
    life("claim_schedule_of_cleanup", "a claim arrives, its file is closed, the claim goes on", middle)
}

/// Two files claim and give back, each in threads of its own: they never have it both.
fn claims_race() -> Scenario {
    let anything = |ioctl| Step::Ioctl { ioctl, expect: Expected::anything() };
    let of = |file| {
        Branch::new(vec![
            anything(claim(file, INTERFACE)),
            anything(Ioctl::write(file, loopback::BULK_OUT, Bytes::pattern(1, PACKET))),
            anything(close_handle(file, FIRST)),
            anything(claim(file, INTERFACE)),
            anything(close_handle(file, FIRST + 1)),
        ])
    };
    let flush = SetupPacket { request_type: 0x40, request: loopback::FLUSH, ..SetupPacket::default() };
    let middle = vec![
        Step::Race(Race { branches: vec![of(FILE), of(OTHER), of(FILE)] }),
        close_file(OTHER),
        ioctl(claim(FILE, INTERFACE), Expected::success().moved(4)),
        ioctl(Ioctl::control_out(FILE, flush, Bytes::none()), Expected::success()),
    ];
    life("claims_race", "threads of two files claim the same interface and give it back", middle)
}

/// The first CREATE makes room for the handles of all files, and each makes its own context.
fn create_without_memory() -> Scenario {
    let fails = |nth| Step::FailCall { routine: "ExAllocatePool2".into(), nth, status: None };
    let refused =
        || Step::Open(Open { expect: ends(STATUS_INSUFFICIENT_RESOURCES), ..Open::new(DEVICE, "refused") });
    let mut steps = vec![plug(), fails(1), refused(), fails(2), refused(), open(), fails(1), refused()];
    steps.extend(take_all(FILE, FIRST));
    steps.extend([open_other(), close_file(OTHER)]);
    steps.extend(echo(FILE, 99));
    steps.extend([close(), unplug(), is(NodeState::Deleted), Step::Unload]);
    scenario("create_without_memory", "there is no memory to open a file; later there is", steps)
}

/// A driver above may send without a file. It owns nothing, and what files have claimed is not its own.
fn sender_without_file() -> Scenario {
    let send = |code, status| Step::Send {
        device: DEVICE.into(),
        major: DEVICE_CONTROL,
        code: Code(code),
        expect: ends(status),
    };
    let steps = vec![
        Step::Plug(Plug { filter: true, ..Plug::new(DEVICE, MODEL) }),
        open(),
        open_other(),
        ioctl(claim(FILE, INTERFACE), gives(FIRST)),
        send(control_code::GET_PIPES, STATUS_BUFFER_TOO_SMALL),
        send(control_code::PIPE_READ, STATUS_BUFFER_TOO_SMALL),
        send(control_code::CLAIM_INTERFACE, STATUS_BUFFER_TOO_SMALL),
        send(control_code::CLOSE_HANDLE, STATUS_BUFFER_TOO_SMALL),
        send(control_code::DROP_PRIVILEGES, STATUS_BUFFER_TOO_SMALL),
        ioctl(claim(OTHER, INTERFACE), ends(STATUS_SHARING_VIOLATION)),
        close_file(OTHER),
        close(),
        unplug(),
        is(NodeState::Deleted),
        Step::Unload,
    ];
    scenario("sender_without_file", "requests of a driver above, which opened no file", steps)
}
