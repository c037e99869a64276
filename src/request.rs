//! What becomes of a device control request: decided under the device's lock, in no more time than
//! it takes to look at the input and, for the small replies, to copy them.

use usbclient_core::{
    descriptors::Endpoint,
    files::Access,
    isoch::Isoch,
    pnp::Admission,
    policy::Policies,
    reader::Reading,
    request::{self, DeviceControl, Direction, Limits},
    timeout::Timeout,
    transfer::{Chunks, Rules},
};
use usbclient_protocol::{
    FrameNumber, PolicyValue, ReaderState, policy,
    status::{
        NtStatus, STATUS_BUFFER_TOO_SMALL, STATUS_DEVICE_NOT_READY, STATUS_INVALID_BUFFER_SIZE,
        STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, Status,
    },
};

use crate::{
    files,
    gate::{Configured, Gate},
    nt::{
        bounce::Bounce,
        file::FileContext,
        held::Wait,
        irp::Irp,
        isoch_urb::IsochFormat,
        mdl::PartialMdl,
        slot::{End, Job},
        urb::{Chaining, Format},
        usbd::HandleUse,
    },
    recovery, replies, streams,
};

/// What to do with a request.
#[expect(
    clippy::large_enum_variant,
    reason = "it is passed on at once; a box would be an allocation for each request"
)]
pub enum Plan {
    /// Complete it with this `IoStatus`.
    Complete(NtStatus, usize),
    /// Hold it.
    Wait(Wait),
    /// Link it and send it.
    Send(Ready),
    /// Have it done by the device's work item.
    Recover(recovery::Job),
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
    /// Its slot, and what the URB is formatted for.
    pub job: Job,
    /// Its use of the handle.
    pub handle: HandleUse,
    /// The endpoint; zero is the default pipe.
    pub endpoint: u8,
    /// The stream's id; zero: the pipe itself.
    pub stream: u8,
    /// Its pieces.
    pub chunks: Chunks,
    /// For the pieces, if there is more than one.
    pub partial: Option<PartialMdl>,
    /// For the packet in which the caller's buffer ends.
    pub bounce: Option<Bounce>,
    /// What does not fit is kept for the next read.
    pub keeps_left_over: bool,
    /// How long it may take. A control transfer's is in the URB.
    pub timeout: Option<Timeout>,
}

impl Ready {
    /// The request has waited: so much is left of its time.
    pub const fn shorten(&mut self, left: Option<Timeout>) {
        let Some(left) = left else { return };
        match &mut self.job {
            Job::Fixed(_, Format::Control { timeout_ms, .. }) => *timeout_ms = left.ms(),
            _ => self.timeout = Some(left),
        }
    }
}

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

/// How long a request may take that nobody has decoded.
pub fn timeout(policies: &Policies, irp: &mut Irp) -> Option<Timeout> {
    let code = irp.device_control().code;
    let (address, named) = request::named_timeout(code, irp.input())?;
    Timeout::of(named, address.map_or(0, |address| policies.timeout_ms(address)))
}

#[expect(clippy::too_many_lines, reason = "one arm for each request")]
fn plan_admitted(gate: &mut Gate, irp: &mut Irp, sequence: u64) -> Result<Plan, Status> {
    let configured = gate.configured.as_mut().ok_or(STATUS_DEVICE_NOT_READY)?;
    let file = FileContext::of(irp).map(|context| &*context.state(&mut gate.file_states));
    let transfer = match decode(configured, gate.files.access(file), &gate.policies, irp)? {
        request::Request::GetDeviceDescriptor => {
            return replies::bytes(irp, configured.device_descriptor.bytes());
        }
        request::Request::GetConfigurationDescriptor { room: _ } => {
            return replies::bytes(irp, &configured.descriptor);
        }
        request::Request::GetPipes { room: _ } => return Ok(replies::pipes(irp, configured)),
        request::Request::GetInterfaces => {
            return Ok(replies::interfaces(irp, configured, &gate.files, file));
        }
        request::Request::GetDeviceInfo => return replies::device_info(irp, configured, gate.is_function),
        request::Request::GetPolicy { endpoint, policy } => {
            let of_power = if endpoint.is_none() { gate.power.settings.policy(policy) } else { None };
            let value = match of_power {
                Some(value) => value,
                None => get_policy(configured, &gate.policies, endpoint, policy)?,
            };
            return replies::bytes(irp, &PolicyValue { value }.encode());
        }
        request::Request::SetPolicy { endpoint, policy, value } => {
            return set_policy(gate, endpoint, policy, value);
        }
        request::Request::FlushPipe { endpoint } => {
            let pipe = configured.pipe(endpoint.address).ok_or(STATUS_INVALID_PARAMETER)?;
            if let Some(bounce) = &mut pipe.bounce {
                bounce.flush();
            }
            if let Some(reader) = &mut pipe.reader {
                reader.flush();
            }
            let endpoint = endpoint.address;
            return Ok(Plan::FromRing { endpoint, status: STATUS_SUCCESS, information: 0 });
        }
        request::Request::StartReader { endpoint, reading } => {
            let pipe = configured.pipe(endpoint.address).ok_or(STATUS_INVALID_PARAMETER)?;
            if pipe.reader.is_some() {
                return Err(STATUS_INVALID_DEVICE_STATE);
            }
            if reading.transfer_length > pipe.limit {
                return Err(STATUS_INVALID_PARAMETER);
            }
            return Ok(Plan::StartReader { endpoint: endpoint.address, reading });
        }
        request::Request::StopReader { endpoint } => {
            let pipe = configured.pipe(endpoint.address).ok_or(STATUS_INVALID_PARAMETER)?;
            let _reader = pipe.reader.as_ref().ok_or(STATUS_INVALID_DEVICE_STATE)?;
            return Ok(Plan::StopReader { endpoint: endpoint.address });
        }
        request::Request::GetReaderState { endpoint } => {
            let pipe = configured.pipe(endpoint.address).ok_or(STATUS_INVALID_PARAMETER)?;
            let state = pipe.reader.as_ref().map_or_else(ReaderState::default, |reader| reader.state());
            return replies::bytes(irp, &state.encode());
        }
        request::Request::Control { setup, direction: _, timeout_ms } => {
            let length = u32::from(setup.length);
            let timeout_ms = Timeout::of(timeout_ms, gate.policies.timeout_ms(0)).map_or(0, Timeout::ms);
            let chunks = Chunks::new(length, configured.control_maximum);
            Transfer { length, chunks, ..Transfer::without_data(Format::Control { setup, timeout_ms }, 0) }
        }
        request::Request::Transfer { endpoint, direction, length, timeout_ms, stream } => {
            let asked = Asked { endpoint, direction, length, timeout_ms, sequence, stream };
            match plan_transfer(gate, irp, &asked)? {
                Ok(transfer) => transfer,
                Err(other) => return Ok(other),
            }
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
    let (partial, bounce, keeps_left_over, timeout) = (None, None, false, None);
    Ok(Plan::Send(Ready {
        job,
        handle,
        endpoint,
        stream: 0,
        chunks,
        partial,
        bounce,
        keeps_left_over,
        timeout,
    }))
}

/// A transfer on a pipe, as it was decoded.
struct Asked {
    endpoint: Endpoint,
    direction: Direction,
    length: u32,
    timeout_ms: u32,
    sequence: u64,
    /// The stream's id; zero: the pipe itself.
    stream: u8,
}

/// How a bulk or interrupt transfer goes; or, as the inner error, what becomes of it instead.
fn plan_transfer(gate: &mut Gate, irp: &mut Irp, asked: &Asked) -> Result<Result<Transfer, Plan>, Status> {
    let &Asked { endpoint, direction, length, timeout_ms, sequence, stream } = asked;
    let address = endpoint.address;
    let policies = gate.policies.of(address);
    let configured = gate.configured.as_mut().ok_or(STATUS_DEVICE_NOT_READY)?;
    let chaining = configured.capabilities.chained_mdls.as_ref().map(Chaining::with);
    let pipe = configured.pipe(address).ok_or(STATUS_INVALID_PARAMETER)?;
    let handle = match stream {
        0 => pipe.state.for_transfers()?,
        id => streams::handle(pipe, id).ok_or(STATUS_INVALID_HANDLE)?,
    };
    if policies.raw_io() && length > pipe.limit {
        return Err(STATUS_INVALID_BUFFER_SIZE);
    }
    if pipe.reader.is_some() {
        return plan_from_ring(gate, irp, asked).map(Err);
    }
    let mut rules = policies.rules(endpoint, chaining.is_some());
    if stream != 0 {
        // The bounce packet is the pipe's, and would mix what its streams bring.
        rules = Rules { has_tail: false, ignores_short: false, ..rules };
        if direction == Direction::In && length.checked_rem(u32::from(rules.packet)) != Some(0) {
            return Err(STATUS_INVALID_BUFFER_SIZE);
        }
    }
    let mut chunks = Chunks::with_rules(length, pipe.limit, rules);
    let takes_left_over = rules.has_tail && pipe.has_left_over();
    let is_large = !chunks.is_single() || takes_left_over;
    if !pipe.has_room(is_large) || gate.held.has_before(address, sequence) {
        return Ok(Err(Plan::Wait(Wait::Pipe { endpoint: address, is_large })));
    }
    if chunks.needs_bounce() && !pipe.has_bounce {
        return Ok(Err(Plan::Missing(Missing::Bounce { endpoint: address, packet: endpoint.packet_size() })));
    }
    if takes_left_over || chunks.needs_bounce() {
        if irp.mdl_length() < length {
            return Err(STATUS_INVALID_PARAMETER);
        }
        // Now, because what arrives could not be given back to the device later.
        if !irp.is_buffer_mapped() {
            return Ok(Err(Plan::Missing(Missing::Mapping)));
        }
    }
    if takes_left_over && let Some(bounce) = &mut pipe.bounce {
        // It is copied when the request ends: until then the buffer is the lower drivers'.
        let front = bounce.left_over().len().min(length as usize);
        let is_end = bounce.is_short_end(front) && !rules.ignores_short;
        if is_end || front >= length as usize {
            bounce.give_front(irp, front);
            return Ok(Err(Plan::Complete(STATUS_SUCCESS, front)));
        }
        chunks = chunks.after(u32::try_from(front).unwrap_or(u32::MAX));
    }
    let format = Format::Pipe { pipe: handle, is_in: direction == Direction::In, chaining };
    let timeout = Timeout::of(timeout_ms, policies.timeout_ms());
    let keeps_left_over = !policies.auto_flush();
    Ok(Ok(Transfer { format, endpoint: address, stream, length, chunks, keeps_left_over, timeout }))
}

/// A read of a pipe that has a reader.
fn plan_from_ring(gate: &mut Gate, irp: &mut Irp, asked: &Asked) -> Result<Plan, Status> {
    let endpoint = asked.endpoint.address;
    if irp.mdl_length() < asked.length {
        return Err(STATUS_INVALID_PARAMETER);
    }
    // Now, because data that were taken out of the ring could not be put back.
    if !irp.is_buffer_mapped() {
        return Ok(Plan::Missing(Missing::Mapping));
    }
    if gate.held.has_before(endpoint, asked.sequence) {
        return Ok(Plan::Wait(Wait::Ring { endpoint }));
    }
    let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
    let reader = pipe.and_then(|pipe| pipe.reader.as_mut()).ok_or(STATUS_INVALID_DEVICE_STATE)?;
    Ok(match reader.read(irp) {
        Some((status, information)) => Plan::FromRing { endpoint, status, information },
        None => Plan::Wait(Wait::Ring { endpoint }),
    })
}

fn get_policy(
    configured: &mut Configured,
    policies: &Policies,
    endpoint: Option<Endpoint>,
    policy: u32,
) -> Result<u32, Status> {
    let Some(endpoint) = endpoint else {
        return policies.default_pipe(policy, configured.control_maximum);
    };
    let pipe = configured.pipe(endpoint.address).ok_or(STATUS_INVALID_PARAMETER)?;
    policies.of(endpoint.address).get(endpoint, policy, pipe.limit)
}

/// A policy that needs the bounce packet is not set without one.
fn set_policy(gate: &mut Gate, endpoint: Option<Endpoint>, policy: u32, value: u32) -> Result<Plan, Status> {
    let Some(endpoint) = endpoint else {
        if let Some(result) = gate.power.settings.set_policy(policy, value) {
            return result.map(|()| Plan::Complete(STATUS_SUCCESS, 0));
        }
        gate.policies.set_default_pipe(policy, value)?;
        return Ok(Plan::Complete(STATUS_SUCCESS, 0));
    };
    let mut policies = gate.policies.of(endpoint.address);
    policies.set(endpoint, policy, value)?;
    let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint.address));
    let pipe = pipe.ok_or(STATUS_INVALID_PARAMETER)?;
    if policy == policy::ALLOW_PARTIAL_READS && value != 0 && !pipe.has_bounce {
        let packet = endpoint.packet_size();
        return Ok(Plan::Missing(Missing::Bounce { endpoint: endpoint.address, packet }));
    }
    if let Some(place) = gate.policies.of_mut(endpoint.address) {
        *place = policies;
    }
    Ok(Plan::Complete(STATUS_SUCCESS, 0))
}

/// The interface that a request names, by its number.
fn interface_of(configured: &Configured, named: u32) -> Result<u8, Status> {
    let number = u8::try_from(named).map_err(|_error| STATUS_INVALID_HANDLE)?;
    configured.alternate(number).map(|_alternate| number).ok_or(STATUS_INVALID_PARAMETER)
}

impl Transfer {
    const fn without_data(format: Format, endpoint: u8) -> Self {
        let chunks = Chunks::new(0, 1);
        Self { format, endpoint, stream: 0, length: 0, chunks, keeps_left_over: false, timeout: None }
    }
}

/// Takes what the request needs: a slot, a use of the handle, and the pipe if it is a large one.
fn ready(gate: &mut Gate, transfer: &Transfer) -> Plan {
    let &Transfer { format, endpoint, stream, chunks, keeps_left_over, timeout, .. } = transfer;
    let Some(slot) = gate.slots.take() else { return Plan::Missing(Missing::Slot) };
    let Some(handle) = gate.lend_handle() else {
        gate.slots.put_back(slot);
        return Plan::Complete(STATUS_DEVICE_NOT_READY.nt(), 0);
    };
    let (partial, bounce) = if chunks.is_single() { (None, None) } else { take_pipe(gate, endpoint) };
    let job = Job::Fixed(slot, format);
    Plan::Send(Ready { job, handle, endpoint, stream, chunks, partial, bounce, keeps_left_over, timeout })
}

/// The pipe belongs to one request until its last chunk is on its way, or is back.
fn take_pipe(gate: &mut Gate, endpoint: u8) -> (Option<PartialMdl>, Option<Bounce>) {
    let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
    let Some(pipe) = pipe else { return (None, None) };
    pipe.is_taken = true;
    (pipe.partial.take(), pipe.bounce.take())
}

fn decode(
    configured: &Configured,
    access: Access<'_>,
    policies: &Policies,
    irp: &mut Irp,
) -> Result<request::Request, Status> {
    let parameters = irp.device_control();
    let control_maximum = configured.control_maximum;
    let limits = Limits { endpoints: &configured.endpoints, access, policies, control_maximum };
    let output_length = parameters.output_length as usize;
    request::decode(DeviceControl { code: parameters.code, input: irp.input(), output_length }, limits)
}

/// The answer of the USB driver stack about the frame number, when it has come.
pub fn reply_frame_number(irp: &mut Irp, status: NtStatus, frame: Option<u32>) -> End {
    let (Some(frame), true) = (frame, status.is_success()) else { return End { status, information: 0 } };
    match write_at(irp.output(), 0, &FrameNumber { frame }.encode()) {
        // core has checked that there is room.
        None => End { status: STATUS_BUFFER_TOO_SMALL.nt(), information: 0 },
        Some(()) => End { status, information: FRAME_NUMBER_SIZE },
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

/// Bytes.
#[expect(clippy::cast_possible_truncation, reason = "a few bytes")]
const FRAME_NUMBER_SIZE: u32 = FrameNumber::SIZE as u32;
