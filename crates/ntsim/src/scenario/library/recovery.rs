//! Pipes and the port are reset, the port is cycled: with transfers in flight, cancelled, and while the device goes.

use usb_models::models::loopback;
use usbclient_protocol::{SetupPacket, control_code};

use super::build::{
    FILE, PACKET, cancel, close, control_transfers, echo, ends, ioctl, is, life, open, plug, pnp, scenario,
    submit_read, unplug, wait,
};
use crate::{
    abi::status::{STATUS_CANCELLED, STATUS_DEVICE_NOT_CONNECTED, STATUS_INVALID_BUFFER_SIZE},
    pnp::NodeState,
    scenario::{
        Branch, Bytes, Code, DEVICE, Expectation, Expected, Ioctl, Open, PnpOperation, Poke, Race, Scenario,
        Step,
    },
};

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    let mut all = vec![
        reset_pipe_with_io(),
        reset_pipe_schedule(),
        reset_port_with_io(),
        reset_port_and_unplug(),
        recovery_is_cancelled(),
        recoveries_race(),
        recovery_and_stop(),
        recovery_while_stopped(),
        recovery_of_a_closed_file(),
        recovery_from_above(),
        cycle_port(),
        cycle_port_with_io(),
        cycle_port_and_unplug(),
        recovery_inputs(),
    ];
    all.extend((1..=RESET_CALLS).map(|nth| pulled_during("reset_port", nth, reset_port())));
    all.extend((1..=RESET_CALLS).map(|nth| pulled_during("reset_pipe", nth, reset_pipe())));
    all.extend((1..=RESET_CALLS).map(|nth| pulled_during("cycle_port", nth, cycle())));
    all
}

/// Calls of `IofCallDriver` that a recovery makes, and one more.
const RESET_CALLS: u32 = 2;

pub(super) fn end() -> [Step; 2] {
    [is(NodeState::Deleted), Step::Unload]
}

fn reset_port() -> Ioctl {
    Ioctl::new(FILE, control_code::RESET_PORT, Bytes::none(), Bytes::none())
}

fn cycle() -> Ioctl {
    Ioctl::new(FILE, control_code::CYCLE_PORT, Bytes::none(), Bytes::none())
}

fn reset_pipe() -> Ioctl {
    Ioctl::reset(FILE, loopback::BULK_IN)
}

pub(super) fn submit(request: &str, ioctl: Ioctl) -> Step {
    Step::Submit { request: request.into(), ioctl }
}

fn reset_pipe_with_io() -> Scenario {
    let mut middle = echo(FILE, 3).to_vec();
    middle.extend([
        submit_read("first"),
        submit_read("second"),
        Step::Poke { device: DEVICE.into(), poke: Poke::Halt { endpoint: loopback::BULK_IN } },
        ioctl(reset_pipe(), Expected::success().moved(0)),
        wait("first", Expected::anything()),
        wait("second", Expected::anything()),
    ]);
    life("reset_pipe_with_io", "a halted pipe is reset: what is in flight ends, what follows works", middle)
}

/// A read passes the gate, the pipe is reset as far as that goes, the read is sent: cancelled.
fn reset_pipe_schedule() -> Scenario {
    let expect = Expected::any_of(&[STATUS_CANCELLED]).moved(0);
    let reset = Branch::last(vec![ioctl(reset_pipe(), Expected::success())]);
    let middle = vec![Step::Race(Race { branches: vec![super::removal::late_read(expect), reset] })];
    life("reset_pipe_schedule", "a read passes the gate, its pipe is being reset, it is sent", middle)
}

fn reset_port_with_io() -> Scenario {
    let mut middle = echo(FILE, 3).to_vec();
    middle.extend([
        submit_read("first"),
        submit_read("second"),
        ioctl(reset_port(), Expected::success().moved(0)),
        wait("first", ends(STATUS_CANCELLED).moved(0)),
        wait("second", ends(STATUS_CANCELLED).moved(0)),
        ioctl(reset_port(), Expected::success().moved(0)),
    ]);
    middle.extend(control_transfers(FILE, 5));
    life("reset_port_with_io", "the port is reset: reads are cancelled, the pipes stay", middle)
}

fn anything(ioctl: Ioctl) -> Step {
    Step::Ioctl { ioctl, expect: Expected::anything() }
}

fn reset_port_and_unplug() -> Scenario {
    let branches = vec![
        Branch::new(vec![anything(reset_port()), anything(reset_pipe())]),
        Branch::new(echo(FILE, 1).into_iter().map(without_expectation).collect()),
        Branch::new(vec![unplug()]),
    ];
    let mut steps = vec![plug(), open(), submit_read("read"), Step::Race(Race { branches })];
    steps.extend([
        wait("read", Expected::anything()),
        ioctl(reset_port(), ends(STATUS_DEVICE_NOT_CONNECTED).moved(0)),
        close(),
    ]);
    steps.extend(end());
    scenario("reset_port_and_unplug", "the port and a pipe are reset while the device is pulled", steps)
}

fn without_expectation(step: Step) -> Step {
    match step {
        Step::Ioctl { ioctl, .. } => anything(ioctl),
        other => other,
    }
}

/// The second waits for its turn, because the first is held at its request, and is cancelled there.
fn recovery_is_cancelled() -> Scenario {
    let first = Branch::held_at("IofCallDriver", vec![ioctl(reset_port(), Expected::success())]);
    let others = Branch::last(vec![
        submit("second", reset_port()),
        submit("third", reset_pipe()),
        cancel("second"),
        wait("second", ends(STATUS_CANCELLED).moved(0)),
        cancel("third"),
        wait("third", ends(STATUS_CANCELLED).moved(0)),
    ]);
    let middle = vec![Step::Race(Race { branches: vec![first, others] })];
    life("recovery_is_cancelled", "recoveries that wait for their turn are cancelled", middle)
}

/// One recovery at a time, in the order in which they came, with transfers between them.
fn recoveries_race() -> Scenario {
    let write = || anything(Ioctl::write(FILE, loopback::BULK_OUT, Bytes::pattern(1, PACKET)));
    let branches = vec![
        Branch::new(vec![submit("a", reset_port()), submit("b", reset_pipe()), cancel("b"), cancel("a")]),
        Branch::new(vec![anything(reset_port()), write(), anything(reset_pipe())]),
        Branch::new(vec![submit_read("c"), write(), submit_read("d"), anything(Ioctl::abort(FILE, 0x81))]),
        Branch::new(vec![anything(reset_pipe()), cancel("c"), write()]),
    ];
    let mut middle = vec![Step::Race(Race { branches }), cancel("d")];
    middle.extend(["a", "b", "c", "d"].map(|name| wait(name, Expected::anything())));
    let flush = SetupPacket { request_type: 0x40, request: loopback::FLUSH, ..SetupPacket::default() };
    middle.push(ioctl(Ioctl::control_out(FILE, flush, Bytes::none()), Expected::success()));
    life("recoveries_race", "several recoveries at once, cancels and transfers between them", middle)
}

fn recovery_and_stop() -> Scenario {
    let branches = vec![
        Branch::new(vec![ioctl(reset_port(), Expected::success()), ioctl(reset_pipe(), Expected::success())]),
        Branch::new(vec![pnp(PnpOperation::Rebalance)]),
    ];
    let middle = vec![
        submit_read("read"),
        Step::Race(Race { branches }),
        cancel("read"),
        wait("read", ends(STATUS_CANCELLED)),
    ];
    life("recovery_and_stop", "the port and a pipe are reset while the device is stopped and started", middle)
}

/// What comes while the device is stopped is done after START.
fn recovery_while_stopped() -> Scenario {
    let middle = vec![
        pnp(PnpOperation::QueryStop),
        submit("pipe", reset_pipe()),
        pnp(PnpOperation::Stop),
        submit("port", reset_port()),
        submit("cancelled", reset_port()),
        cancel("cancelled"),
        wait("cancelled", ends(STATUS_CANCELLED)),
        pnp(PnpOperation::Start),
        wait("pipe", Expected::success()),
        wait("port", Expected::success()),
    ];
    life("recovery_while_stopped", "recoveries wait while the device is stopped", middle)
}

/// CLEANUP of a file ends its recoveries that wait for their turn.
fn recovery_of_a_closed_file() -> Scenario {
    let second = "second file";
    let of_second = |code| Ioctl::new(second, code, Bytes::none(), Bytes::none());
    let first = Branch::held_at("IofCallDriver", vec![ioctl(reset_port(), Expected::success())]);
    let others = Branch::last(vec![
        submit("abandoned", of_second(control_code::RESET_PORT)),
        submit("abandoned too", of_second(control_code::RESET_PORT)),
        Step::Close { file: second.into() },
        wait("abandoned", ends(STATUS_CANCELLED).moved(0)),
        wait("abandoned too", ends(STATUS_CANCELLED).moved(0)),
    ]);
    let middle =
        vec![Step::Open(Open::new(DEVICE, second)), Step::Race(Race { branches: vec![first, others] })];
    life("recovery_of_a_closed_file", "a file is closed while its recoveries wait", middle)
}

/// A driver above asks, whose request has no file.
fn recovery_from_above() -> Scenario {
    let send = |code| Step::Send {
        device: DEVICE.into(),
        major: 0x0E,
        code: Code(code),
        expect: Expected::success(),
    };
    let middle = vec![send(control_code::RESET_PORT), send(control_code::RESET_PORT)];
    life("recovery_from_above", "a driver above resets the port", middle)
}

fn cycle_port() -> Scenario {
    let mut steps = vec![plug(), open()];
    steps.extend(echo(FILE, 1));
    steps.extend([
        ioctl(cycle(), Expected::success().moved(0)),
        is(NodeState::DeletePendingCloses),
        ioctl(reset_port(), ends(STATUS_DEVICE_NOT_CONNECTED)),
        close(),
        is(NodeState::Started),
        Step::Expect(Expectation::AddDevices { count: 2 }),
        open(),
    ]);
    steps.extend(echo(FILE, 2));
    steps.extend([close(), unplug()]);
    steps.extend(end());
    scenario("cycle_port", "the port is cycled: SURPRISE_REMOVAL, REMOVE, and a new stack that works", steps)
}

fn cycle_port_with_io() -> Scenario {
    let gone = || Expected::any_of(&[STATUS_CANCELLED, STATUS_DEVICE_NOT_CONNECTED]).moved(0);
    let mut steps = vec![plug(), open(), submit_read("first"), submit_read("second")];
    steps.extend([
        submit("cycle", cycle()),
        submit_read("held"),
        submit("reset", reset_port()),
        wait("first", gone()),
        wait("second", gone()),
        wait("cycle", Expected::anything()),
        wait("held", Expected::anything()),
        wait("reset", Expected::anything()),
        is(NodeState::DeletePendingCloses),
        close(),
        is(NodeState::Started),
        open(),
    ]);
    steps.extend(echo(FILE, 2));
    steps.extend([close(), unplug()]);
    steps.extend(end());
    scenario("cycle_port_with_io", "the port is cycled with reads in flight and requests behind it", steps)
}

fn cycle_port_and_unplug() -> Scenario {
    let branches = vec![
        Branch::new(vec![anything(cycle())]),
        Branch::new(vec![anything(reset_port()), anything(reset_pipe())]),
        Branch::new(vec![Step::Try { step: Box::new(unplug()) }]),
    ];
    let mut steps = vec![plug(), open(), submit_read("read"), Step::Race(Race { branches })];
    steps.extend([
        wait("read", Expected::anything()),
        close(),
        Step::Sleep { microseconds: 1_000_000 },
        Step::Try { step: Box::new(unplug()) },
    ]);
    steps.extend(end());
    scenario("cycle_port_and_unplug", "the port is cycled while the device is pulled", steps)
}

/// The cable is pulled when the driver is about to send its request number `nth` for a recovery.
pub(super) fn pulled_during(what: &str, nth: u32, recovery: Ioctl) -> Scenario {
    let recover = Branch::held_at_call(nth, "IofCallDriver", vec![anything(recovery)]);
    let branches = vec![recover, Branch::last(vec![unplug()])];
    let mut steps = vec![plug(), open(), submit_read("read"), Step::Race(Race { branches })];
    steps.extend([wait("read", Expected::anything()), close()]);
    // A cycled port may have brought the device back.
    steps.extend([Step::Sleep { microseconds: 1_000_000 }, Step::Try { step: Box::new(unplug()) }]);
    steps.extend(end());
    let name = format!("pulled_during_{what}_{nth}");
    scenario(&name, "pulled in a step of a recovery", steps)
}

fn recovery_inputs() -> Scenario {
    let refused = |code, input: usize, output| {
        let request = Ioctl::new(FILE, code, Bytes::of(vec![0; input]), Bytes::room(output));
        ioctl(request, ends(STATUS_INVALID_BUFFER_SIZE).moved(0))
    };
    let middle = vec![
        refused(control_code::RESET_PORT, 1, 0),
        refused(control_code::RESET_PORT, 0, 1),
        refused(control_code::CYCLE_PORT, 4, 0),
        refused(control_code::CYCLE_PORT, 0, 4),
    ];
    life("recovery_inputs", "recoveries with buffers that they do not have", middle)
}
