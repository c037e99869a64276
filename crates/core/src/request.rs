//! Which device control requests are well-formed, and what they ask for.
//!
//! The table of codes, lengths and statuses is that of [`usbclient_protocol`]. Everything is checked against the
//! lengths that the I/O manager gives; the caller's data buffer is never read here.

use usbclient_protocol::{
    ConfigurationSelect, ControlTransfer, Count, DescriptorRequest, DeviceInfo, DropPrivileges, FrameNumber,
    HandleReply, HandleSelect, InterfaceSelect, IsochTransfer, PipeListHeader, PipeOpen, PipeSelect,
    PipeTransfer, PolicyGet, PolicySet, ReaderState, SettingSelect, SetupPacket, StreamHandle, StreamsOpen,
    TransferType, control_code,
    status::{
        STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_DEVICE_REQUEST,
        STATUS_INVALID_PARAMETER, Status,
    },
};

use crate::{
    capabilities::StaticStreams,
    descriptors::{ConfigurationHeader, DeviceDescriptor, Endpoint},
    files::{Access, Rights, Target},
    places::Places,
    policy::{self, Policies},
    reader::{self, Reading},
};

/// What the stack location and the system buffer of an `IRP_MJ_DEVICE_CONTROL` say.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/buffer-descriptions-for-i-o-control-codes>
#[derive(Clone, Copy, Debug)]
pub struct DeviceControl<'a> {
    /// `IoControlCode`
    pub code: u32,
    /// The system buffer, `InputBufferLength` bytes of it.
    pub input: &'a [u8],
    /// `OutputBufferLength`: of the system buffer, or of the MDL with the direct methods.
    pub output_length: usize,
}

/// Where data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the device.
    In,
    /// To the device.
    Out,
}

/// A request that is well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Copy the device descriptor (18 bytes) to the system buffer.
    GetDeviceDescriptor,
    /// Copy as much of the configuration descriptor as fits to the system buffer.
    GetConfigurationDescriptor {
        /// Bytes of the system buffer for it.
        room: usize,
    },
    /// Write the list of pipes to the system buffer.
    GetPipes {
        /// Bytes of the system buffer for it.
        room: usize,
    },
    /// A control transfer of `setup.length` bytes. The MDL is NULL if that is zero.
    Control {
        /// The setup packet.
        setup: SetupPacket,
        /// Where the data goes.
        direction: Direction,
        /// Milliseconds until it is given up; zero: as the default pipe's policy says.
        timeout_ms: u32,
    },
    /// A bulk or interrupt transfer. The MDL is NULL if `length` is zero.
    Transfer {
        /// The endpoint.
        endpoint: Endpoint,
        /// Where the data goes.
        direction: Direction,
        /// Bytes.
        length: u32,
        /// Milliseconds until it is given up; zero: as the pipe's policy says.
        timeout_ms: u32,
        /// The stream's id; zero: the pipe itself.
        stream: u8,
    },
    /// An isochronous transfer. [`Isoch::decode`](crate::isoch::Isoch::decode) checks the rest.
    Isoch {
        /// The endpoint.
        endpoint: Endpoint,
        /// Where the data goes.
        direction: Direction,
    },
    /// Write the number of the present frame to the system buffer.
    GetFrameNumber,
    /// Cancel everything on the pipe.
    AbortPipe {
        /// The endpoint.
        endpoint: Endpoint,
        /// Only what is on the stream with this id; zero: everything.
        stream: u8,
    },
    /// Open streams of a bulk endpoint and write their handles to the system buffer, which has room for them.
    OpenStreams {
        /// The endpoint.
        endpoint: Endpoint,
        /// How many.
        count: u32,
    },
    /// Close the streams of an endpoint.
    CloseStreams {
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// Clear a halt and reset the data toggle.
    ResetPipe {
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// Reset the port.
    ResetPort,
    /// Make the device appear anew.
    CyclePort,
    /// Select an alternate setting.
    SelectInterface {
        /// `bInterfaceNumber`; whether there is such an interface is looked at later.
        interface: u32,
        /// `bAlternateSetting`
        alternate: u8,
    },
    /// Select a configuration.
    SelectConfiguration {
        /// `bConfigurationValue`
        value: u8,
    },
    /// Copy the list of interfaces to the system buffer.
    GetInterfaces,
    /// Copy what is known about the device to the system buffer.
    GetDeviceInfo,
    /// Claim an interface, if there is one with this number.
    ClaimInterface {
        /// `bInterfaceNumber`
        interface: u8,
    },
    /// Give out a handle for a pipe of a claimed interface.
    OpenPipe {
        /// The handle of the interface.
        interface: u32,
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// Take a handle back.
    CloseHandle {
        /// What the caller says that it is.
        handle: u32,
    },
    /// Restrict the file to this.
    DropPrivileges(Rights),
    /// Drop what was received and not read.
    FlushPipe {
        /// The endpoint, an IN endpoint.
        endpoint: Endpoint,
    },
    /// Keep reads outstanding, into a ring.
    StartReader {
        /// The endpoint, a bulk or interrupt IN endpoint.
        endpoint: Endpoint,
        /// What the reader is to be.
        reading: Reading,
    },
    /// End continuous reading.
    StopReader {
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// Tell how continuous reading goes.
    GetReaderState {
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// Change a policy.
    SetPolicy {
        /// The endpoint; `None` is the default pipe, or the device.
        endpoint: Option<Endpoint>,
        /// One of [`usbclient_protocol::policy`].
        policy: u32,
        /// What is set.
        value: u32,
    },
    /// Tell a policy.
    GetPolicy {
        /// The endpoint; `None` is the default pipe, or the device.
        endpoint: Option<Endpoint>,
        /// One of [`usbclient_protocol::policy`].
        policy: u32,
    },
}

/// What decoding must know about the device.
///
/// The endpoints of the selected configuration, what the file may do, the policies of the pipes, and the most bytes of
/// one transfer (see [`maximum`](crate::transfer::maximum)).
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// The endpoints.
    pub endpoints: &'a [Endpoint],
    /// Where in the list they are.
    pub places: &'a Places,
    /// What the file may do.
    pub access: Access<'a>,
    /// What is set for their pipes.
    pub policies: &'a Policies,
    /// Bytes.
    pub control_maximum: u32,
}

/// Decodes a request.
///
/// # Errors
/// - `STATUS_INVALID_DEVICE_REQUEST`: unknown code.
/// - `STATUS_BUFFER_TOO_SMALL`: the input is shorter than its structure, or the output cannot hold the smallest reply.
/// - `STATUS_INVALID_BUFFER_SIZE`: the input is longer than its structure, there is an output where none belongs, a
///   control transfer's data is not `wLength` bytes or more than the documented maximum, or a read is zero bytes or not
///   a whole number of packets.
/// - `STATUS_INVALID_PARAMETER`: no such endpoint, wrong direction, wrong transfer type, reserved bits, or a standard
///   request that only the USB stack may send.
/// - `STATUS_INVALID_HANDLE`, `STATUS_ACCESS_DENIED`, `STATUS_SHARING_VIOLATION`, `STATUS_CANCELLED`: what
///   [`Access`] refuses.
pub fn decode(call: DeviceControl<'_>, limits: Limits<'_>) -> Result<Request, Status> {
    let DeviceControl { code, input, output_length } = call;
    limits.access.request(code, input)?;
    match code {
        control_code::GET_DEVICE_DESCRIPTOR => {
            reply_only(input, output_length, DeviceDescriptor::SIZE)?;
            Ok(Request::GetDeviceDescriptor)
        }
        control_code::GET_CONFIGURATION_DESCRIPTOR => {
            reply_only(input, output_length, usize::from(ConfigurationHeader::SIZE))?;
            Ok(Request::GetConfigurationDescriptor { room: output_length })
        }
        control_code::GET_PIPES => {
            reply_only(input, output_length, PipeListHeader::SIZE)?;
            Ok(Request::GetPipes { room: output_length })
        }
        control_code::GET_FRAME_NUMBER => {
            reply_only(input, output_length, FrameNumber::SIZE)?;
            Ok(Request::GetFrameNumber)
        }
        control_code::ISOCH_READ => isoch(input, limits, Direction::In),
        control_code::ISOCH_WRITE => isoch(input, limits, Direction::Out),
        control_code::CONTROL_IN => control(input, output_length, limits, Direction::In),
        control_code::CONTROL_OUT => control(input, output_length, limits, Direction::Out),
        control_code::PIPE_READ => transfer(input, output_length, limits, Direction::In),
        control_code::PIPE_WRITE => transfer(input, output_length, limits, Direction::Out),
        control_code::ABORT_PIPE => {
            let Target { endpoint, stream } = select_target(input, output_length, limits)?;
            Ok(Request::AbortPipe { endpoint, stream: stream.unwrap_or(0) })
        }
        control_code::OPEN_STREAMS => open_streams(input, output_length, limits),
        control_code::CLOSE_STREAMS => {
            Ok(Request::CloseStreams { endpoint: select(input, output_length, limits)? })
        }
        control_code::RESET_PIPE => {
            Ok(Request::ResetPipe { endpoint: select(input, output_length, limits)? })
        }
        control_code::CLAIM_INTERFACE => claim(input, output_length),
        control_code::OPEN_PIPE => open_pipe(input, output_length, limits),
        control_code::CLOSE_HANDLE => close_handle(input, output_length),
        control_code::DROP_PRIVILEGES => {
            input_only(input, output_length, DropPrivileges::SIZE)?;
            let keep = DropPrivileges::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
            Rights::from_request(&keep).map(Request::DropPrivileges)
        }
        control_code::GET_INTERFACES => {
            reply_only(input, output_length, Count::SIZE)?;
            Ok(Request::GetInterfaces)
        }
        control_code::GET_DEVICE_INFO => {
            reply_only(input, output_length, DeviceInfo::SIZE)?;
            Ok(Request::GetDeviceInfo)
        }
        control_code::GET_DESCRIPTOR => get_descriptor(input, output_length, limits),
        control_code::SELECT_INTERFACE => select_interface(input, output_length, limits),
        control_code::SELECT_CONFIGURATION => {
            let request = select_configuration(input, output_length)?;
            limits.access.whole_device()?;
            Ok(request)
        }
        control_code::RESET_PORT => {
            nothing(input, output_length)?;
            limits.access.whole_device()?;
            Ok(Request::ResetPort)
        }
        control_code::CYCLE_PORT => {
            nothing(input, output_length)?;
            limits.access.whole_device()?;
            Ok(Request::CyclePort)
        }
        control_code::FLUSH_PIPE => match select(input, output_length, limits)? {
            endpoint if moves_data(endpoint, Direction::In) => Ok(Request::FlushPipe { endpoint }),
            _ => Err(STATUS_INVALID_PARAMETER),
        },
        control_code::START_READER => {
            let (endpoint, reading) = reader::decode_start(input, output_length, limits)?;
            Ok(Request::StartReader { endpoint, reading })
        }
        control_code::STOP_READER => {
            Ok(Request::StopReader { endpoint: select(input, output_length, limits)? })
        }
        control_code::GET_READER_STATE => {
            let endpoint = select(input, 0, limits)?;
            if output_length < ReaderState::SIZE {
                return Err(STATUS_BUFFER_TOO_SMALL);
            }
            Ok(Request::GetReaderState { endpoint })
        }
        control_code::SET_POLICY => {
            let (endpoint, PolicySet { policy, value, .. }) =
                policy::decode_set(input, output_length, limits)?;
            Ok(Request::SetPolicy { endpoint, policy, value })
        }
        control_code::GET_POLICY => {
            let (endpoint, PolicyGet { policy, .. }) = policy::decode_get(input, output_length, limits)?;
            Ok(Request::GetPolicy { endpoint, policy })
        }
        _ => Err(STATUS_INVALID_DEVICE_REQUEST),
    }
}

fn close_handle(input: &[u8], output_length: usize) -> Result<Request, Status> {
    input_only(input, output_length, HandleSelect::SIZE)?;
    let HandleSelect { handle } = HandleSelect::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    Ok(Request::CloseHandle { handle })
}

/// The input must have exactly this size.
pub(crate) const fn input_is(input: &[u8], size: usize) -> Result<(), Status> {
    if input.len() < size {
        Err(STATUS_BUFFER_TOO_SMALL)
    } else if input.len() > size {
        Err(STATUS_INVALID_BUFFER_SIZE)
    } else {
        Ok(())
    }
}

/// A standard request for a descriptor: its data is as long as the caller's room.
fn get_descriptor(input: &[u8], output_length: usize, limits: Limits<'_>) -> Result<Request, Status> {
    const GET_DESCRIPTOR: u8 = 6;
    const FROM_DEVICE: u8 = 0x80;
    const LAST_RECIPIENT: u8 = 2;
    input_is(input, DescriptorRequest::SIZE)?;
    let asked = DescriptorRequest::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    if asked.recipient > LAST_RECIPIENT || asked.reserved != 0 || asked.reserved_2 != 0 {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let length = u16::try_from(output_length).map_err(|_| STATUS_INVALID_BUFFER_SIZE)?;
    if length == 0 || u32::from(length) > limits.control_maximum {
        return Err(STATUS_INVALID_BUFFER_SIZE);
    }
    let setup = SetupPacket {
        request_type: FROM_DEVICE | asked.recipient,
        request: GET_DESCRIPTOR,
        value: u16::from_le_bytes([asked.index, asked.descriptor_type]),
        index: asked.language,
        length,
    };
    limits.access.control(limits.endpoints, setup)?;
    Ok(Request::Control { setup, direction: Direction::In, timeout_ms: 0 })
}

fn select_interface(input: &[u8], output_length: usize, limits: Limits<'_>) -> Result<Request, Status> {
    input_is(input, SettingSelect::SIZE)?;
    let asked = SettingSelect::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    if output_length != 0 {
        return Err(STATUS_INVALID_BUFFER_SIZE);
    }
    if asked.reserved != [0; 3] {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let interface = limits.access.named_interface(asked.interface)?.into();
    Ok(Request::SelectInterface { interface, alternate: asked.alternate })
}

fn select_configuration(input: &[u8], output_length: usize) -> Result<Request, Status> {
    input_is(input, ConfigurationSelect::SIZE)?;
    let asked = ConfigurationSelect::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    if output_length != 0 {
        return Err(STATUS_INVALID_BUFFER_SIZE);
    }
    if asked.reserved != [0; 3] {
        return Err(STATUS_INVALID_PARAMETER);
    }
    Ok(Request::SelectConfiguration { value: asked.value })
}

/// No input and no output.
const fn nothing(input: &[u8], output_length: usize) -> Result<(), Status> {
    if input.is_empty() && output_length == 0 { Ok(()) } else { Err(STATUS_INVALID_BUFFER_SIZE) }
}

/// No input, and room for the smallest reply.
fn reply_only(input: &[u8], output_length: usize, smallest: usize) -> Result<(), Status> {
    input_is(input, 0)?;
    if output_length < smallest { Err(STATUS_BUFFER_TOO_SMALL) } else { Ok(()) }
}

/// An input of exactly this size, and no output.
fn input_only(input: &[u8], output_length: usize, size: usize) -> Result<(), Status> {
    input_is(input, size)?;
    if output_length == 0 { Ok(()) } else { Err(STATUS_INVALID_BUFFER_SIZE) }
}

/// The endpoint whose pipe is meant, if the file may use it: for requests that concern the whole endpoint.
pub(crate) fn find(limits: Limits<'_>, target: u32) -> Result<Endpoint, Status> {
    limits.access.pipe(limits.places.near(limits.endpoints, target), target)
}

fn claim(input: &[u8], output_length: usize) -> Result<Request, Status> {
    input_is(input, InterfaceSelect::SIZE)?;
    let header = InterfaceSelect::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    if output_length < HandleReply::SIZE {
        return Err(STATUS_BUFFER_TOO_SMALL);
    }
    if header.reserved != [0; 3] {
        return Err(STATUS_INVALID_PARAMETER);
    }
    Ok(Request::ClaimInterface { interface: header.number })
}

fn open_pipe(input: &[u8], output_length: usize, limits: Limits<'_>) -> Result<Request, Status> {
    input_is(input, PipeOpen::SIZE)?;
    let header = PipeOpen::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    if output_length < HandleReply::SIZE {
        return Err(STATUS_BUFFER_TOO_SMALL);
    }
    if header.reserved != [0; 3] {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let claimed = limits.access.claimed_interface(header.interface)?;
    let is_meant = |e: &&Endpoint| e.address == header.endpoint && e.interface == claimed.number;
    let endpoint = limits.endpoints.iter().find(is_meant).ok_or(STATUS_INVALID_PARAMETER)?;
    Ok(Request::OpenPipe { interface: header.interface, endpoint: *endpoint })
}

/// A pipe or one of its streams.
fn select_target(input: &[u8], output_length: usize, limits: Limits<'_>) -> Result<Target, Status> {
    input_only(input, output_length, PipeSelect::SIZE)?;
    let header = PipeSelect::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    limits.access.target(limits.endpoints, header.target)
}

fn select(input: &[u8], output_length: usize, limits: Limits<'_>) -> Result<Endpoint, Status> {
    input_only(input, output_length, PipeSelect::SIZE)?;
    let header = PipeSelect::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    find(limits, header.target)
}

fn transfer(
    input: &[u8],
    output_length: usize,
    limits: Limits<'_>,
    direction: Direction,
) -> Result<Request, Status> {
    input_is(input, PipeTransfer::SIZE)?;
    let header = PipeTransfer::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    if header.reserved != 0 || header.flags != 0 {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let endpoints = limits.places.near(limits.endpoints, header.target);
    let Target { endpoint, stream } = limits.access.target(endpoints, header.target)?;
    if !moves_data(endpoint, direction) {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let length = u32::try_from(output_length).map_err(|_| STATUS_INVALID_BUFFER_SIZE)?;
    // The device may send a whole packet whenever it is asked: a buffer that ends inside one would overflow.
    let whole_packets = length.checked_rem(u32::from(endpoint.packet_size())) == Some(0);
    let policies = limits.policies.of(endpoint.address);
    let fits = whole_packets || policies.allows_partial_reads();
    if direction == Direction::In && (length == 0 || !fits) {
        return Err(STATUS_INVALID_BUFFER_SIZE);
    }
    let (timeout_ms, stream) = (header.timeout_ms, stream.unwrap_or(0));
    Ok(Request::Transfer { endpoint, direction, length, timeout_ms, stream })
}

fn open_streams(input: &[u8], output_length: usize, limits: Limits<'_>) -> Result<Request, Status> {
    input_is(input, StreamsOpen::SIZE)?;
    let header = StreamsOpen::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    let endpoint = find(limits, header.target)?;
    if endpoint.transfer_type() != TransferType::Bulk {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let handles = usize::try_from(header.count).unwrap_or(usize::MAX).saturating_mul(StreamHandle::SIZE);
    // A count that is too large has a status of its own, which comes when it is known how many there can be.
    let is_possible = header.count <= u32::from(StaticStreams::MAX);
    if is_possible && output_length < handles.saturating_add(Count::SIZE) {
        return Err(STATUS_BUFFER_TOO_SMALL);
    }
    Ok(Request::OpenStreams { endpoint, count: header.count })
}

fn isoch(input: &[u8], limits: Limits<'_>, direction: Direction) -> Result<Request, Status> {
    let header = IsochTransfer::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    let endpoint = find(limits, header.target)?;
    if endpoint.direction() != direction || endpoint.transfer_type() != TransferType::Isochronous {
        return Err(STATUS_INVALID_PARAMETER);
    }
    Ok(Request::Isoch { endpoint, direction })
}

/// Whether the endpoint moves bulk or interrupt data in this direction.
fn moves_data(endpoint: Endpoint, direction: Direction) -> bool {
    let is_one = matches!(endpoint.transfer_type(), TransferType::Bulk | TransferType::Interrupt);
    is_one && endpoint.direction() == direction
}

fn control(
    input: &[u8],
    output_length: usize,
    limits: Limits<'_>,
    direction: Direction,
) -> Result<Request, Status> {
    input_is(input, ControlTransfer::SIZE)?;
    let ControlTransfer { setup, timeout_ms, reserved } =
        ControlTransfer::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    if reserved != 0 {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let asked = if setup.is_in() { Direction::In } else { Direction::Out };
    if asked != direction || belongs_to_stack(setup) {
        return Err(STATUS_INVALID_PARAMETER);
    }
    if output_length != usize::from(setup.length) || u32::from(setup.length) > limits.control_maximum {
        return Err(STATUS_INVALID_BUFFER_SIZE);
    }
    limits.access.control(limits.endpoints, setup)?;
    Ok(Request::Control { setup, direction, timeout_ms })
}

/// Standard requests that change what the USB stack keeps about the device: `SET_ADDRESS`, `SET_CONFIGURATION`,
/// `SET_INTERFACE`, and `CLEAR_FEATURE(ENDPOINT_HALT)`, which resets the data toggle on one side only (that is
/// `RESET_PIPE`).
const fn belongs_to_stack(setup: SetupPacket) -> bool {
    const TYPE_MASK: u8 = 0x60;
    const RECIPIENT_MASK: u8 = 0x1F;
    const ENDPOINT: u8 = 2;
    const CLEAR_FEATURE: u8 = 1;
    const SET_ADDRESS: u8 = 5;
    const SET_CONFIGURATION: u8 = 9;
    const SET_INTERFACE: u8 = 11;
    if setup.request_type & TYPE_MASK != 0 || setup.is_in() {
        return false;
    }
    match setup.request {
        SET_ADDRESS | SET_CONFIGURATION | SET_INTERFACE => true,
        CLEAR_FEATURE => setup.request_type & RECIPIENT_MASK == ENDPOINT && setup.value == 0,
        _ => false,
    }
}

/// What a request that was not decoded says about its time.
///
/// Its target, zero for the default pipe, and the milliseconds it names. `None`: requests with this code have none.
///
/// A stopped device has no endpoints to decode a request with, and its time runs all the same:
/// [`Access::pipe_address`](crate::files::Access::pipe_address) says which pipe's policy counts.
#[must_use]
pub fn named_timeout(code: u32, input: &[u8]) -> Option<(u32, u32)> {
    match code {
        control_code::PIPE_READ | control_code::PIPE_WRITE => {
            let header = PipeTransfer::decode(input)?;
            Some((header.target, header.timeout_ms))
        }
        control_code::CONTROL_IN | control_code::CONTROL_OUT => {
            ControlTransfer::decode(input).map(|header| (0, header.timeout_ms))
        }
        _ => None,
    }
}

impl Request {
    /// Whether this driver answers it out of its memory, whatever state the device is in: a suspended device sleeps on.
    #[must_use]
    pub const fn is_answered_from_memory(&self) -> bool {
        match self {
            Self::GetDeviceDescriptor
            | Self::GetConfigurationDescriptor { .. }
            | Self::GetPipes { .. }
            | Self::GetInterfaces
            | Self::GetDeviceInfo
            | Self::GetPolicy { .. }
            | Self::SetPolicy { .. }
            | Self::FlushPipe { .. }
            | Self::GetReaderState { .. }
            | Self::ClaimInterface { .. }
            | Self::OpenPipe { .. }
            | Self::CloseHandle { .. }
            | Self::DropPrivileges(_) => true,
            Self::Transfer { .. }
            | Self::Isoch { .. }
            | Self::Control { .. }
            | Self::GetFrameNumber
            | Self::AbortPipe { .. }
            | Self::ResetPipe { .. }
            | Self::StartReader { .. }
            | Self::StopReader { .. }
            | Self::OpenStreams { .. }
            | Self::CloseStreams { .. }
            | Self::ResetPort
            | Self::CyclePort
            | Self::SelectInterface { .. }
            | Self::SelectConfiguration { .. } => false,
        }
    }
}
