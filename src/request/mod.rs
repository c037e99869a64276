//! What becomes of a device control request: decided under the device's lock, in no more time than
//! it takes to look at the input and, for the small replies, to copy them.

mod isoch;
mod policies;
mod readers;
mod transfers;

use usbclient_core::{
    files::Access,
    pnp::Admission,
    policy::Policies,
    reader::Reading,
    request::{self, DeviceControl, Limits, Request},
    timeout::Timeout,
    turn::Turns,
};
use usbclient_protocol::{
    FrameNumber,
    status::{
        NtStatus, STATUS_BUFFER_TOO_SMALL, STATUS_DEVICE_NOT_READY, STATUS_INVALID_HANDLE,
        STATUS_INVALID_PARAMETER, Status,
    },
};

use self::transfers::Asked;
use crate::{
    events::Change,
    files,
    gate::{Configured, Gate},
    nt::{
        file::FileContext,
        held::Wait,
        irp::Irp,
        narrow,
        slot::{End, Prepared, Slot, Work},
        urb::Format,
    },
    recovery::Job as Recovery,
    replies, streams,
};

/// What to do with a request.
pub enum Plan {
    /// Complete it with this `IoStatus`.
    Complete(NtStatus, usize),
    /// Tell event tracing of this, outside the lock, and complete it with this `IoStatus`.
    Change(Change, NtStatus, usize),
    /// Hold it.
    Wait(Wait),
    /// Link it and send it.
    Send(Ready),
    /// Have it done by the device's work item.
    Recover(Recovery),
    /// Data came out of the ring of the pipe's reader, which has room again: complete it with this `IoStatus`.
    FromRing {
        /// `bEndpointAddress`
        endpoint: u8,
        /// `Status`
        status: NtStatus,
        /// `Information`
        information: usize,
    },
    /// Make a reader.
    StartReader {
        /// `bEndpointAddress`
        endpoint: u8,
        /// What it is to be.
        reading: Reading,
    },
    /// Hold it until the pipe's reader is stopped.
    StopReader {
        /// `bEndpointAddress`
        endpoint: u8,
    },
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
    /// A pipe's bounce packet.
    Bounce {
        /// `bEndpointAddress`
        endpoint: u8,
        /// Bytes.
        packet: u16,
    },
}

/// A request with everything it needs to go down.
pub struct Ready {
    /// Its slot, which knows all else.
    pub slot: Slot<Prepared>,
    /// How long it may take. A control transfer's is in the URB.
    pub timeout: Option<Timeout>,
}

impl Ready {
    /// The request has waited: so much is left of its time.
    pub const fn shorten(&mut self, left: Option<Timeout>) {
        let Some(left) = left else { return };
        match &mut self.slot.request().work {
            Work::Fixed(Format::Control { timeout_ms, .. }) => *timeout_ms = left.ms(),
            _ => self.timeout = Some(left),
        }
    }
}

/// Decides about a request. `sequence` is its place among the requests of the device.
pub fn plan(gate: &mut Gate, turns: &Turns, irp: &mut Irp, sequence: u64) -> Plan {
    match gate.admit_io() {
        Admission::Admit => {}
        Admission::Hold if gate.is_only_asleep() && needs_no_device(gate, irp, sequence) => {}
        Admission::Hold => return Plan::Wait(Wait::Device),
        Admission::Refuse(status) => return Plan::Complete(status.nt(), 0),
    }
    match plan_admitted(gate, turns, irp, sequence) {
        Ok(plan) => plan,
        Err(status) => Plan::Complete(status.nt(), 0),
    }
}

/// Whether a request can be answered while the device sleeps: out of this driver's memory, or out of the ring of a reader
/// that has data. What cannot be decoded waits, because an earlier request that waits may make sense of it.
fn needs_no_device(gate: &mut Gate, irp: &mut Irp, sequence: u64) -> bool {
    let file = FileContext::of(irp).map(|context| &*context.state(&mut gate.file_states));
    let Some(configured) = &gate.configured else { return false };
    match decode(configured, gate.files.access(file), &gate.policies, irp) {
        Ok(Request::Transfer { endpoint, .. }) => {
            let reader = configured.pipe_of(endpoint.address).and_then(|pipe| pipe.reader.as_ref());
            reader.is_some_and(|reader| reader.has_data())
                && !gate.held.has_before(endpoint.address, sequence)
        }
        Ok(request) => request.is_answered_from_memory(),
        Err(_status) => false,
    }
}

/// What comes of a request that changes something, as event tracing hears it too.
pub fn told(change: Change, planned: Result<Plan, Status>) -> Plan {
    match planned {
        Ok(Plan::Complete(status, information)) => Plan::Change(change, status, information),
        Ok(plan) => plan,
        Err(status) => Plan::Change(change, status.nt(), 0),
    }
}

/// How long a request may take that nobody has decoded.
pub fn timeout(gate: &mut Gate, irp: &mut Irp) -> Option<Timeout> {
    let code = irp.device_control().code;
    let (target, named) = request::named_timeout(code, irp.input())?;
    let file = FileContext::of(irp).map(|context| &*context.state(&mut gate.file_states));
    let address = gate.files.access(file).pipe_address(target);
    Timeout::of(named, address.map_or(0, |address| gate.policies.timeout_ms(address)))
}

fn plan_admitted(gate: &mut Gate, turns: &Turns, irp: &mut Irp, sequence: u64) -> Result<Plan, Status> {
    let configured = gate.configured.as_ref().ok_or(STATUS_DEVICE_NOT_READY)?;
    let file = FileContext::of(irp).map(|context| &*context.state(&mut gate.file_states));
    let decoded = decode(configured, gate.files.access(file), &gate.policies, irp);
    // Looked at where it is: it is large.
    let recovery = match *decoded.as_ref().map_err(|status| *status)? {
        Request::Transfer { endpoint, direction, length, timeout_ms, stream } => {
            let asked = Asked { endpoint, direction, length, timeout_ms, sequence, stream, turns };
            return transfers::on_pipe(gate, irp, &asked);
        }
        Request::Isoch { endpoint, direction } => {
            return isoch::plan(gate, irp, endpoint.address, direction, sequence);
        }
        Request::Control { setup, direction: _, timeout_ms } => {
            return transfers::control(gate, irp, setup, timeout_ms);
        }
        Request::GetFrameNumber => return transfers::frame_number(gate, irp),
        Request::AbortPipe { endpoint, stream } => {
            return transfers::abort(gate, irp, endpoint.address, stream);
        }
        Request::GetDeviceDescriptor => {
            return replies::bytes(irp, configured.device_descriptor.bytes());
        }
        Request::GetConfigurationDescriptor { room: _ } => {
            return replies::bytes(irp, &configured.descriptor);
        }
        Request::GetPipes { room: _ } => return Ok(replies::pipes(irp, configured)),
        Request::GetInterfaces => return Ok(replies::interfaces(irp, configured, &gate.files, file)),
        Request::GetDeviceInfo => return replies::device_info(irp, configured, gate.is_function),
        Request::GetPolicy { endpoint, policy } => return policies::get(gate, irp, endpoint, policy),
        Request::SetPolicy { endpoint, policy, value } => {
            return Ok(policies::set(gate, endpoint, policy, value));
        }
        Request::FlushPipe { endpoint } => return readers::flush(gate, endpoint.address),
        Request::StartReader { endpoint, reading } => return readers::start(gate, endpoint.address, reading),
        Request::StopReader { endpoint } => return readers::stop(gate, endpoint.address),
        Request::GetReaderState { endpoint } => return readers::state(gate, irp, endpoint.address),
        Request::ClaimInterface { interface } => return Ok(files::claim(gate, irp, interface)),
        Request::OpenPipe { interface, endpoint } => {
            return files::open_pipe(gate, irp, interface, endpoint);
        }
        Request::CloseHandle { handle } => return files::close_handle(gate, irp, handle),
        Request::DropPrivileges(keep) => return files::drop_privileges(gate, irp, keep),
        Request::ResetPipe { endpoint } => Recovery::ResetPipe(endpoint.address),
        Request::OpenStreams { endpoint, count } => Recovery::OpenStreams(endpoint.address, count),
        Request::CloseStreams { endpoint } => Recovery::CloseStreams(endpoint.address),
        Request::ResetPort => Recovery::ResetPort,
        Request::CyclePort => Recovery::CyclePort,
        Request::SelectInterface { interface, alternate } => {
            Recovery::SelectInterface { number: interface_of(configured, interface)?, alternate }
        }
        Request::SelectConfiguration { value } => Recovery::SelectConfiguration(value),
    };
    Ok(Plan::Recover(recovery))
}

/// The interface that a request names, by its number.
fn interface_of(configured: &Configured, named: u32) -> Result<u8, Status> {
    let number = u8::try_from(named).map_err(|_error| STATUS_INVALID_HANDLE)?;
    configured.alternate(number).map(|_alternate| number).ok_or(STATUS_INVALID_PARAMETER)
}

fn decode(
    configured: &Configured,
    access: Access<'_>,
    policies: &Policies,
    irp: &mut Irp,
) -> Result<Request, Status> {
    let parameters = irp.device_control();
    let control_maximum = configured.control_maximum;
    let (endpoints, places) = (&configured.endpoints, &configured.places);
    let limits = Limits { endpoints, places, access, policies, control_maximum };
    let output_length = parameters.output_length as usize;
    request::decode(DeviceControl { code: parameters.code, input: irp.input(), output_length }, limits)
}

/// The answer of the USB driver stack about the frame number, when it has come.
pub fn reply_frame_number(irp: &mut Irp, status: NtStatus, frame: Option<u32>) -> End {
    let (Some(frame), true) = (frame, status.is_success()) else { return End { status, information: 0 } };
    match write_at(irp.output(), 0, &FrameNumber { frame }.encode()) {
        // core has checked that there is room.
        None => End { status: STATUS_BUFFER_TOO_SMALL.nt(), information: 0 },
        Some(()) => End { status, information: const { narrow::u32(FrameNumber::SIZE) } },
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
