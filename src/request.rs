//! What becomes of a device control request: decided under the device's lock, in no more time than
//! it takes to look at the input and, for the small replies, to copy them.

use usbclient_core::{
    pnp::{Admission, RequestClass},
    request::{self, DeviceControl, Direction, Limits},
    transfer::Chunks,
};
use usbclient_protocol::{
    PipeEntry, PipeListHeader, control_code,
    status::{
        NtStatus, STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_TOO_SMALL, STATUS_DEVICE_NOT_READY,
        STATUS_INVALID_PARAMETER, STATUS_SUCCESS, Status,
    },
};

use crate::{
    gate::{Configured, Gate},
    nt::{
        held::Wait,
        irp::Irp,
        mdl::PartialMdl,
        slot::{Free, Slot},
        urb::Format,
        usbd::HandleUse,
    },
};

/// Milliseconds that a control transfer may take, as the specification gives a device to answer.
const CONTROL_TIMEOUT_MS: u32 = 5_000;

/// What to do with a request.
pub enum Plan {
    /// Complete it with this `IoStatus`.
    Complete(NtStatus, usize),
    /// Hold it.
    Wait(Wait),
    /// Link it and send it.
    Send(Ready),
    /// Make the pool larger and ask again.
    NoSlot,
}

/// A request with everything it needs to go down.
pub struct Ready {
    /// Its slot.
    pub slot: Slot<Free>,
    /// Its use of the handle.
    pub handle: HandleUse,
    /// What the URB is formatted for.
    pub format: Format,
    /// The endpoint; zero is the default pipe.
    pub endpoint: u8,
    /// Bytes to move.
    pub length: u32,
    /// Its pieces.
    pub chunks: Chunks,
    /// For the pieces, if there is more than one.
    pub partial: Option<PartialMdl>,
}

/// What a transfer asks for.
struct Transfer {
    format: Format,
    endpoint: u8,
    length: u32,
    chunks: Chunks,
}

/// Decides about a request. `sequence` is its place among the requests of the device.
pub fn plan(gate: &mut Gate, irp: &mut Irp, sequence: u64) -> Plan {
    match gate.machine.admit(RequestClass::Io) {
        Admission::Admit => {}
        Admission::Hold => return Plan::Wait(wait_for_device(irp)),
        Admission::Refuse(status) => return Plan::Complete(status.nt(), 0),
    }
    match plan_admitted(gate, irp, sequence) {
        Ok(plan) => plan,
        Err(status) => Plan::Complete(status.nt(), 0),
    }
}

const fn wait_for_device(irp: &Irp) -> Wait {
    if needs_passive(irp) { Wait::DeviceAtPassive } else { Wait::Device }
}

/// Whether the request becomes an URB that the USB driver stack takes at `PASSIVE_LEVEL` only.
pub const fn needs_passive(irp: &Irp) -> bool {
    irp.device_control().code == control_code::RESET_PIPE
}

fn plan_admitted(gate: &mut Gate, irp: &mut Irp, sequence: u64) -> Result<Plan, Status> {
    let configured = gate.configured.as_mut().ok_or(STATUS_DEVICE_NOT_READY)?;
    let transfer = match decode(configured, irp)? {
        request::Request::GetDeviceDescriptor => return reply(irp, configured.device_descriptor.bytes()),
        request::Request::GetConfigurationDescriptor { room: _ } => {
            return reply(irp, &configured.descriptor);
        }
        request::Request::GetPipes { room: _ } => return Ok(reply_pipes(irp, configured)),
        request::Request::Control { setup, direction: _, timeout_ms } => {
            let timeout_ms = if timeout_ms == 0 { CONTROL_TIMEOUT_MS } else { timeout_ms };
            let length = u32::from(setup.length);
            Transfer {
                format: Format::Control { setup, timeout_ms },
                endpoint: 0,
                length,
                chunks: Chunks::new(length, configured.control_maximum),
            }
        }
        request::Request::Transfer { endpoint, direction, length, timeout_ms: _ } => {
            let address = endpoint.address;
            let pipe = configured.pipe(address).ok_or(STATUS_INVALID_PARAMETER)?;
            let chunks = Chunks::new(length, pipe.limit);
            let is_large = !chunks.is_single();
            if !pipe.has_room(is_large) || gate.held.has_before(address, sequence) {
                return Ok(Plan::Wait(Wait::Pipe { endpoint: address, is_large }));
            }
            let format = Format::Pipe { pipe: pipe.handle, is_in: direction == Direction::In };
            Transfer { format, endpoint: address, length, chunks }
        }
        request::Request::AbortPipe { endpoint } => {
            let pipe = configured.pipe(endpoint.address).ok_or(STATUS_INVALID_PARAMETER)?;
            Transfer::without_data(Format::AbortPipe(pipe.handle), endpoint.address)
        }
        request::Request::ResetPipe { endpoint } => {
            let pipe = configured.pipe(endpoint.address).ok_or(STATUS_INVALID_PARAMETER)?;
            Transfer::without_data(Format::ResetPipe(pipe.handle), endpoint.address)
        }
    };
    if irp.mdl_length() < transfer.length {
        return Err(STATUS_INVALID_PARAMETER);
    }
    Ok(ready(gate, &transfer))
}

impl Transfer {
    const fn without_data(format: Format, endpoint: u8) -> Self {
        Self { format, endpoint, length: 0, chunks: Chunks::new(0, 1) }
    }
}

/// Takes what the request needs: a slot, a use of the handle, and the pipe if it is a large one.
fn ready(gate: &mut Gate, transfer: &Transfer) -> Plan {
    let &Transfer { format, endpoint, length, chunks } = transfer;
    let Some(slot) = gate.slots.take() else { return Plan::NoSlot };
    let Some(handle) = gate.lend_handle() else {
        gate.slots.put_back(slot);
        return Plan::Complete(STATUS_DEVICE_NOT_READY.nt(), 0);
    };
    let partial = if chunks.is_single() { None } else { take_pipe(gate, endpoint) };
    Plan::Send(Ready { slot, handle, format, endpoint, length, chunks, partial })
}

/// The pipe belongs to one larger request until its last chunk is on its way.
fn take_pipe(gate: &mut Gate, endpoint: u8) -> Option<PartialMdl> {
    let pipe = gate.configured.as_mut()?.pipe(endpoint)?;
    pipe.is_taken = true;
    pipe.partial.take()
}

fn decode(configured: &Configured, irp: &mut Irp) -> Result<request::Request, Status> {
    let parameters = irp.device_control();
    let limits = Limits { endpoints: &configured.endpoints, control_maximum: configured.control_maximum };
    let output_length = parameters.output_length as usize;
    request::decode(DeviceControl { code: parameters.code, input: irp.input(), output_length }, limits)
}

/// Copies as much as fits. core has checked that the smallest reply does.
fn reply(irp: &mut Irp, bytes: &[u8]) -> Result<Plan, Status> {
    let output = irp.output();
    let length = bytes.len().min(output.len());
    write_at(output, 0, bytes.get(..length).unwrap_or(bytes)).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    Ok(Plan::Complete(STATUS_SUCCESS, length))
}

fn reply_pipes(irp: &mut Irp, configured: &Configured) -> Plan {
    let output = irp.output();
    let count = u32::try_from(configured.endpoints.len()).unwrap_or(u32::MAX);
    if write_at(output, 0, &PipeListHeader { count }.encode()).is_none() {
        return Plan::Complete(STATUS_BUFFER_TOO_SMALL.nt(), 0);
    }
    let mut length = PipeListHeader::SIZE;
    for (endpoint, pipe) in configured.endpoints.iter().zip(&configured.pipes) {
        let entry = PipeEntry {
            interface: endpoint.interface,
            endpoint: endpoint.address,
            attributes: endpoint.attributes,
            interval: endpoint.interval,
            max_packet_size: endpoint.max_packet_size,
            alternate: 0,
            max_burst: 0,
            max_transfer_size: pipe.limit,
            max_streams: 0,
            reserved: 0,
        };
        if write_at(output, length, &entry.encode()).is_none() {
            return Plan::Complete(STATUS_BUFFER_OVERFLOW.nt(), length);
        }
        length = length.saturating_add(PipeEntry::SIZE);
    }
    Plan::Complete(STATUS_SUCCESS, length)
}

/// Copies `bytes` to offset `at`, if they fit whole.
fn write_at(output: &mut [u8], at: usize, bytes: &[u8]) -> Option<()> {
    let room = output.get_mut(at..at.checked_add(bytes.len())?)?;
    for (to, from) in room.iter_mut().zip(bytes) {
        *to = *from;
    }
    Some(())
}
