//! Requests that move data.

use usbclient_protocol::{
    ControlTransfer, DescriptorRequest, IsochTransfer, PipeTransfer, SetupPacket, TransferType, control_code,
    status::{STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_PARAMETER, Status},
};

use super::{
    Direction, Request,
    decode::Limits,
    lengths::input_is,
    target::{find, moves_data},
};
use crate::files::Target;

pub(super) fn transfer(
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

pub(super) fn isoch(input: &[u8], limits: Limits<'_>, direction: Direction) -> Result<Request, Status> {
    let header = IsochTransfer::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    let endpoint = find(limits, header.target)?;
    if endpoint.direction() != direction || endpoint.transfer_type() != TransferType::Isochronous {
        return Err(STATUS_INVALID_PARAMETER);
    }
    Ok(Request::Isoch { endpoint, direction })
}

/// A standard request for a descriptor: its data is as long as the caller's room.
pub(super) fn get_descriptor(
    input: &[u8],
    output_length: usize,
    limits: Limits<'_>,
) -> Result<Request, Status> {
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

pub(super) fn control(
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
