//! Transfers on the default pipe and on bulk and interrupt pipes: what they need to go down.

use usbclient_core::{
    descriptors::Endpoint,
    request::Direction,
    timeout::Timeout,
    transfer::{Chunks, Rules},
    turn::Turns,
};
use usbclient_protocol::{
    SetupPacket,
    status::{
        STATUS_DEVICE_NOT_READY, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER,
        STATUS_SUCCESS, Status,
    },
};

use super::{Missing, Plan, Ready, readers};
use crate::{
    gate::{Configured, Gate, Pipe},
    nt::{
        held::Wait,
        irp::Irp,
        slot::{Job, Request, Route},
        urb::{Chaining, Format, PipeHandle},
    },
    streams,
};

/// What a transfer asks for.
struct Transfer {
    format: Format,
    endpoint: u8,
    stream: u8,
    length: u32,
    chunks: Chunks,
    keeps_left_over: bool,
    timeout: Option<Timeout>,
}

/// A transfer on a pipe, as it was decoded.
pub(super) struct Asked<'a> {
    pub endpoint: Endpoint,
    pub direction: Direction,
    pub length: u32,
    pub timeout_ms: u32,
    pub sequence: u64,
    /// The stream's id; zero: the pipe itself.
    pub stream: u8,
    pub turns: &'a Turns,
}

/// `CONTROL_IN`, `CONTROL_OUT`
pub(super) fn control(
    gate: &mut Gate,
    irp: &Irp,
    setup: SetupPacket,
    timeout_ms: u32,
) -> Result<Plan, Status> {
    let configured = gate.configured.as_ref().ok_or(STATUS_DEVICE_NOT_READY)?;
    let length = u32::from(setup.length);
    let timeout_ms = Timeout::of(timeout_ms, gate.policies.timeout_ms(0)).map_or(0, Timeout::ms);
    let chunks = Chunks::new(length, configured.control_maximum);
    let format = Format::Control { setup, timeout_ms };
    send(gate, irp, &Transfer { length, chunks, ..Transfer::without_data(format, 0) })
}

/// `GET_FRAME_NUMBER`
pub(super) fn frame_number(gate: &mut Gate, irp: &Irp) -> Result<Plan, Status> {
    send(gate, irp, &Transfer::without_data(Format::FrameNumber, 0))
}

/// `ABORT_PIPE`
pub(super) fn abort(gate: &mut Gate, irp: &Irp, endpoint: u8, stream: u8) -> Result<Plan, Status> {
    let pipe = pipe_of(&mut gate.configured, endpoint)?;
    if pipe.state.streams().is_some() {
        return Ok(Plan::Streams(streams::Work::Cancel(endpoint, stream)));
    }
    if pipe.is_held {
        // Its pipe may be another one when the recovery is over.
        return Ok(Plan::Wait(Wait::Pipe { endpoint, is_large: false }));
    }
    let format = Format::AbortPipe(pipe.state.endpoint());
    send(gate, irp, &Transfer::without_data(format, endpoint))
}

/// `PIPE_READ`, `PIPE_WRITE`
pub(super) fn on_pipe(gate: &mut Gate, irp: &mut Irp, asked: &Asked<'_>) -> Result<Plan, Status> {
    let &Asked { endpoint, direction, length, timeout_ms, sequence, stream, turns } = asked;
    let address = endpoint.address;
    let policies = gate.policies.of(address);
    let configured = gate.configured.as_mut().ok_or(STATUS_DEVICE_NOT_READY)?;
    let chaining = configured.capabilities.chained_mdls.as_ref().map(Chaining::with);
    let pipe = configured.pipe(address).ok_or(STATUS_INVALID_PARAMETER)?;
    let handle = match handle_of(pipe, stream) {
        // Its streams are being opened anew.
        Err(_status) if pipe.is_held => {
            return Ok(Plan::Wait(Wait::Pipe { endpoint: address, is_large: false }));
        }
        handle => handle?,
    };
    if policies.raw_io() && length > pipe.limit {
        return Err(STATUS_INVALID_BUFFER_SIZE);
    }
    if pipe.reader.is_some() {
        return readers::read(gate, irp, asked);
    }
    let mut rules = policies.rules(endpoint, chaining.is_some());
    if stream != 0 {
        rules = of_a_stream(rules, asked)?;
    }
    let mut chunks = Chunks::with_rules(length, pipe.limit, rules);
    let takes_left_over = rules.has_tail && pipe.has_left_over();
    let is_large = !chunks.is_single() || takes_left_over;
    if !pipe.has_room(is_large) || turns.must_wait(address) || gate.held.has_before(address, sequence) {
        return Ok(Plan::Wait(Wait::Pipe { endpoint: address, is_large }));
    }
    if chunks.needs_bounce() && !pipe.has_bounce {
        return Ok(Plan::Missing(Missing::Bounce { endpoint: address, packet: endpoint.packet_size() }));
    }
    if takes_left_over || chunks.needs_bounce() {
        if irp.mdl_length() < length {
            return Err(STATUS_INVALID_PARAMETER);
        }
        // Now, because what arrives could not be given back to the device later.
        if !irp.is_buffer_mapped() {
            return Ok(Plan::Missing(Missing::Mapping));
        }
    }
    if takes_left_over && let Some(bounce) = &mut pipe.bounce {
        // It is copied when the request ends: until then the buffer is the lower drivers'.
        let front = bounce.left_over().len().min(length as usize);
        let is_end = bounce.is_short_end(front) && !rules.ignores_short;
        if is_end || front >= length as usize {
            bounce.give_front(irp, front);
            return Ok(Plan::Complete(STATUS_SUCCESS, front));
        }
        chunks = chunks.after(u32::try_from(front).unwrap_or(u32::MAX));
    }
    let format = Format::Pipe { pipe: handle, is_in: direction == Direction::In, chaining };
    let timeout = Timeout::of(timeout_ms, policies.timeout_ms());
    let keeps_left_over = !policies.auto_flush();
    send(gate, irp, &Transfer { format, endpoint: address, stream, length, chunks, keeps_left_over, timeout })
}

/// What the USB driver stack calls the pipe, or its stream.
fn handle_of(pipe: &Pipe, stream: u8) -> Result<PipeHandle, Status> {
    match stream {
        0 => pipe.state.for_transfers(),
        id => streams::handle(pipe, id).ok_or(STATUS_INVALID_HANDLE),
    }
}

/// The bounce packet is the pipe's, and would mix what its streams bring.
fn of_a_stream(rules: Rules, asked: &Asked<'_>) -> Result<Rules, Status> {
    if asked.direction == Direction::In && asked.length.checked_rem(u32::from(rules.packet)) != Some(0) {
        return Err(STATUS_INVALID_BUFFER_SIZE);
    }
    Ok(Rules { has_tail: false, ignores_short: false, ..rules })
}

/// The pipe of an endpoint that was decoded.
pub(super) fn pipe_of(configured: &mut Option<Configured>, endpoint: u8) -> Result<&mut Pipe, Status> {
    let pipe = configured.as_mut().and_then(|configured| configured.pipe(endpoint));
    pipe.ok_or(STATUS_INVALID_PARAMETER)
}

impl Transfer {
    const fn without_data(format: Format, endpoint: u8) -> Self {
        let chunks = Chunks::new(0, 1);
        Self { format, endpoint, stream: 0, length: 0, chunks, keeps_left_over: false, timeout: None }
    }
}

/// Takes what the request needs: a slot, a use of the handle, and the pipe if it is a large one.
fn send(gate: &mut Gate, irp: &Irp, transfer: &Transfer) -> Result<Plan, Status> {
    let &Transfer { format, endpoint, stream, length, chunks, keeps_left_over, timeout } = transfer;
    if irp.mdl_length() < length {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let Some(slot) = gate.slots.take() else { return Ok(Plan::Missing(Missing::Slot)) };
    let Some(handle) = gate.lend_handle() else {
        gate.slots.put_back(slot);
        return Err(STATUS_DEVICE_NOT_READY);
    };
    let mut slot = Job::Fixed(slot, format).prepare(handle, Route { endpoint, stream, chunks });
    if !chunks.is_single() {
        take_pipe(gate, slot.request(), keeps_left_over);
    }
    Ok(Plan::Send(Ready { slot, timeout }))
}

/// The pipe belongs to one request until its last chunk is on its way, or is back.
fn take_pipe(gate: &mut Gate, request: &mut Request, keeps_left_over: bool) {
    let Ok(pipe) = pipe_of(&mut gate.configured, request.endpoint) else { return };
    // `has_room` has looked.
    let Some(partial) = pipe.partial.take() else { return };
    request.device.turns.take(request.endpoint);
    request.keeps_left_over = keeps_left_over;
    request.partial = Some(partial);
    if pipe.bounce.is_some() {
        request.bounce = pipe.bounce.take();
    }
}
