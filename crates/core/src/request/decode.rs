//! From a control code to its request.

use usbclient_protocol::{
    Count, DeviceInfo, FrameNumber, PipeListHeader, PolicyGet, PolicySet, ReaderState, control_code,
    status::{STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER, Status},
};

use super::{
    DeviceControl, Direction, Request,
    configuration::{
        claim, close_handle, drop_privileges, open_pipe, open_streams, select_configuration, select_interface,
    },
    lengths::{nothing, reply_only},
    target::{moves_data, select, select_target},
    transfers::{control, get_descriptor, isoch, transfer},
};
use crate::{
    descriptors::{ConfigurationHeader, DeviceDescriptor, Endpoint},
    files::{Access, Target},
    places::Places,
    policy::{self, Policies},
    reader,
};

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
        control_code::DROP_PRIVILEGES => drop_privileges(input, output_length),
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
