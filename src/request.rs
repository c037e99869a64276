//! What becomes of a device control request: decided under the device's lock, in no more time than
//! it takes to look at the input and, for the small replies, to copy them.

use usbclient_core::{
    files::Access,
    isoch::Isoch,
    pnp::Admission,
    request::{self, DeviceControl, Direction, Limits},
    transfer::Chunks,
};
use usbclient_protocol::{
    FrameNumber,
    status::{
        NtStatus, STATUS_BUFFER_TOO_SMALL, STATUS_DEVICE_NOT_READY, STATUS_INVALID_HANDLE,
        STATUS_INVALID_PARAMETER, Status,
    },
};

use crate::{
    files,
    gate::{Configured, Gate},
    nt::{
        file::FileContext,
        held::Wait,
        irp::Irp,
        isoch_urb::IsochFormat,
        mdl::PartialMdl,
        slot::{End, Job},
        urb::Format,
        usbd::HandleUse,
    },
    recovery, replies,
    streams,
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
    /// Have it done by the device's work item.
    Recover(recovery::Job),
    /// Do that with streams, outside the lock, and complete it with what comes of it.
    Streams(streams::Work),
    /// Provide that, outside the lock, and ask again.
    Missing(Missing),
}

/// What a request needs and is not there. Never in the steady state, but for the mapping.
#[derive(Clone, Copy, Debug)]
pub enum Missing {
    /// A slot.
    Slot,
    /// A slot for an isochronous transfer.
    IsochSlot,
    /// This driver's view of the caller's buffer.
    Mapping,
}

/// A request with everything it needs to go down.
pub struct Ready {
    /// Its slot, and what the URB is formatted for.
    pub job: Job,
    /// Its use of the handle.
    pub handle: HandleUse,
    /// The endpoint; zero is the default pipe.
    pub endpoint: u8,
    /// The stream's id; zero: the pipe itself.
    pub stream: u8,
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
    stream: u8,
    length: u32,
    chunks: Chunks,
}

/// Decides about a request. `sequence` is its place among the requests of the device.
pub fn plan(gate: &mut Gate, irp: &mut Irp, sequence: u64) -> Plan {
    match gate.admit_io() {
        Admission::Admit => {}
        Admission::Hold => return Plan::Wait(Wait::Device),
        Admission::Refuse(status) => return Plan::Complete(status.nt(), 0),
    }
    match plan_admitted(gate, irp, sequence) {
        Ok(plan) => plan,
        Err(status) => Plan::Complete(status.nt(), 0),
    }
}

fn plan_admitted(gate: &mut Gate, irp: &mut Irp, sequence: u64) -> Result<Plan, Status> {
    let configured = gate.configured.as_mut().ok_or(STATUS_DEVICE_NOT_READY)?;
    let file = FileContext::of(irp).map(|context| &*context.state(&mut gate.file_states));
    let transfer = match decode(configured, gate.files.access(file), irp)? {
        request::Request::GetDeviceDescriptor => {
            return replies::bytes(irp, configured.device_descriptor.bytes());
        }
        request::Request::GetConfigurationDescriptor { room: _ } => {
            return replies::bytes(irp, &configured.descriptor);
        }
        request::Request::GetPipes { room: _ } => return Ok(replies::pipes(irp, configured)),
        request::Request::GetInterfaces => return Ok(replies::interfaces(irp, configured, &gate.files, file)),
        request::Request::GetDeviceInfo => return replies::device_info(irp, configured, gate.is_function),
        request::Request::Control { setup, direction: _, timeout_ms } => {
            let timeout_ms = if timeout_ms == 0 { CONTROL_TIMEOUT_MS } else { timeout_ms };
            let length = u32::from(setup.length);
            Transfer {
                format: Format::Control { setup, timeout_ms },
                endpoint: 0,
                stream: 0,
                length,
                chunks: Chunks::new(length, configured.control_maximum),
            }
        }
        request::Request::Transfer { endpoint, direction, length, timeout_ms: _, stream: id } => {
            let address = endpoint.address;
            let pipe = configured.pipe(address).ok_or(STATUS_INVALID_PARAMETER)?;
            let handle = match id {
                0 => pipe.state.for_transfers()?,
                id => streams::handle(pipe, id).ok_or(STATUS_INVALID_HANDLE)?,
            };
            let chunks = Chunks::new(length, pipe.limit);
            let is_large = !chunks.is_single();
            if !pipe.has_room(is_large) || gate.held.has_before(address, sequence) {
                return Ok(Plan::Wait(Wait::Pipe { endpoint: address, is_large }));
            }
            let format = Format::Pipe { pipe: handle, is_in: direction == Direction::In };
            Transfer { format, endpoint: address, stream: id, length, chunks }
        }
        request::Request::Isoch { endpoint, direction } => {
            return plan_isoch(gate, irp, endpoint.address, direction, sequence);
        }
        request::Request::GetFrameNumber => Transfer::without_data(Format::FrameNumber, 0),
        request::Request::AbortPipe { endpoint, stream } => {
            let pipe = configured.pipe(endpoint.address).ok_or(STATUS_INVALID_PARAMETER)?;
            if pipe.state.streams().is_some() {
                return Ok(Plan::Streams(streams::Work::Cancel(endpoint.address, stream)));
            }
            if pipe.is_held {
                // Its pipe may be another one when the recovery is over.
                return Ok(Plan::Wait(Wait::Pipe { endpoint: endpoint.address, is_large: false }));
            }
            Transfer::without_data(Format::AbortPipe(pipe.state.endpoint()), endpoint.address)
        }
        request::Request::ResetPipe { endpoint } => {
            return Ok(Plan::Recover(recovery::Job::ResetPipe(endpoint.address)));
        }
        request::Request::OpenStreams { endpoint, count } => {
            return Ok(Plan::Recover(recovery::Job::OpenStreams(endpoint.address, count)));
        }
        request::Request::CloseStreams { endpoint } => {
            return Ok(Plan::Recover(recovery::Job::CloseStreams(endpoint.address)));
        }
        request::Request::ResetPort => return Ok(Plan::Recover(recovery::Job::ResetPort)),
        request::Request::CyclePort => return Ok(Plan::Recover(recovery::Job::CyclePort)),
        request::Request::SelectInterface { interface, alternate } => {
            let number = interface_of(configured, interface)?;
            return Ok(Plan::Recover(recovery::Job::SelectInterface { number, alternate }));
        }
        request::Request::SelectConfiguration { value } => {
            return Ok(Plan::Recover(recovery::Job::SelectConfiguration(value)));
        }
        request::Request::ClaimInterface { interface } => return files::claim(gate, irp, interface),
        request::Request::OpenPipe { interface, endpoint } => {
            return files::open_pipe(gate, irp, interface, endpoint);
        }
        request::Request::CloseHandle { handle } => return files::close_handle(gate, irp, handle),
        request::Request::DropPrivileges(keep) => return files::drop_privileges(gate, irp, keep),
    };
    if irp.mdl_length() < transfer.length {
        return Err(STATUS_INVALID_PARAMETER);
    }
    Ok(ready(gate, &transfer))
}

/// An isochronous transfer is one submission, so it never has the pipe for itself. It still follows what
/// waits for the same pipe.
fn plan_isoch(
    gate: &mut Gate,
    irp: &mut Irp,
    endpoint: u8,
    direction: Direction,
    sequence: u64,
) -> Result<Plan, Status> {
    let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
    let pipe = pipe.ok_or(STATUS_INVALID_PARAMETER)?;
    let limits = pipe.isoch.as_ref().ok_or(STATUS_INVALID_PARAMETER)?;
    let second_length = irp.mdl_length() as usize;
    let isoch = Isoch::decode(irp.input(), second_length, direction, limits)?;
    let format = IsochFormat { pipe: pipe.state.for_transfers()?, isoch };
    if pipe.is_held || gate.held.has_before(endpoint, sequence) {
        return Ok(Plan::Wait(Wait::Pipe { endpoint, is_large: false }));
    }
    if !irp.is_buffer_mapped() {
        return Ok(Plan::Missing(Missing::Mapping));
    }
    let Some(slot) = gate.slots.take_isoch() else { return Ok(Plan::Missing(Missing::IsochSlot)) };
    let Some(handle) = gate.lend_handle() else {
        gate.slots.put_back(slot);
        return Err(STATUS_DEVICE_NOT_READY);
    };
    let length = isoch.data_length();
    let chunks = Chunks::new(length, length);
    let job = Job::Isoch(slot, format);
    Ok(Plan::Send(Ready { job, handle, endpoint, stream: 0, length, chunks, partial: None }))
}

/// The interface that a request names, by its number.
fn interface_of(configured: &Configured, named: u32) -> Result<u8, Status> {
    let number = u8::try_from(named).map_err(|_error| STATUS_INVALID_HANDLE)?;
    configured.alternate(number).map(|_alternate| number).ok_or(STATUS_INVALID_PARAMETER)
}

impl Transfer {
    const fn without_data(format: Format, endpoint: u8) -> Self {
        Self { format, endpoint, stream: 0, length: 0, chunks: Chunks::new(0, 1) }
    }
}

/// Takes what the request needs: a slot, a use of the handle, and the pipe if it is a large one.
fn ready(gate: &mut Gate, transfer: &Transfer) -> Plan {
    let &Transfer { format, endpoint, stream, length, chunks } = transfer;
    let Some(slot) = gate.slots.take() else { return Plan::Missing(Missing::Slot) };
    let Some(handle) = gate.lend_handle() else {
        gate.slots.put_back(slot);
        return Plan::Complete(STATUS_DEVICE_NOT_READY.nt(), 0);
    };
    let partial = if chunks.is_single() { None } else { take_pipe(gate, endpoint) };
    Plan::Send(Ready { job: Job::Fixed(slot, format), handle, endpoint, stream, length, chunks, partial })
}

/// The pipe belongs to one larger request until its last chunk is on its way.
fn take_pipe(gate: &mut Gate, endpoint: u8) -> Option<PartialMdl> {
    let pipe = gate.configured.as_mut()?.pipe(endpoint)?;
    pipe.is_taken = true;
    pipe.partial.take()
}

fn decode(configured: &Configured, access: Access<'_>, irp: &mut Irp) -> Result<request::Request, Status> {
    let parameters = irp.device_control();
    let limits =
        Limits { endpoints: &configured.endpoints, access, control_maximum: configured.control_maximum };
    let output_length = parameters.output_length as usize;
    request::decode(DeviceControl { code: parameters.code, input: irp.input(), output_length }, limits)
}

/// The answer of the USB driver stack about the frame number, when it has come.
pub fn reply_frame_number(irp: &mut Irp, status: NtStatus, frame: Option<u32>) -> End {
    let (Some(frame), true) = (frame, status.is_success()) else { return End { status, information: 0 } };
    match write_at(irp.output(), 0, &FrameNumber { frame }.encode()) {
        // core has checked that there is room.
        None => End { status: STATUS_BUFFER_TOO_SMALL.nt(), information: 0 },
        Some(()) => End { status, information: const { FrameNumber::SIZE as u32 } },
    }
}

/// Copies `bytes` to offset `at`, if they fit whole.
pub fn write_at(output: &mut [u8], at: usize, bytes: &[u8]) -> Option<()> {
    let room = output.get_mut(at..at.checked_add(bytes.len())?)?;
    for (to, from) in room.iter_mut().zip(bytes) {
        *to = *from;
    }
    Some(())
}
