//! Requests that select, claim, open and give up.

use usbclient_protocol::{
    ConfigurationSelect, Count, DropPrivileges, HandleReply, HandleSelect, InterfaceSelect, PipeOpen,
    SettingSelect, StreamHandle, StreamsOpen, TransferType,
    status::{STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_PARAMETER, Status},
};

use super::{
    Request,
    decode::Limits,
    lengths::{input_is, input_only},
    target::find,
};
use crate::{capabilities::StaticStreams, descriptors::Endpoint, files::Rights};

pub(super) fn select_interface(
    input: &[u8],
    output_length: usize,
    limits: Limits<'_>,
) -> Result<Request, Status> {
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

pub(super) fn select_configuration(input: &[u8], output_length: usize) -> Result<Request, Status> {
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

pub(super) fn claim(input: &[u8], output_length: usize) -> Result<Request, Status> {
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

pub(super) fn open_pipe(input: &[u8], output_length: usize, limits: Limits<'_>) -> Result<Request, Status> {
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

pub(super) fn close_handle(input: &[u8], output_length: usize) -> Result<Request, Status> {
    input_only(input, output_length, HandleSelect::SIZE)?;
    let HandleSelect { handle } = HandleSelect::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    Ok(Request::CloseHandle { handle })
}

pub(super) fn drop_privileges(input: &[u8], output_length: usize) -> Result<Request, Status> {
    input_only(input, output_length, DropPrivileges::SIZE)?;
    let keep = DropPrivileges::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    Rights::from_request(&keep).map(Request::DropPrivileges)
}

pub(super) fn open_streams(
    input: &[u8],
    output_length: usize,
    limits: Limits<'_>,
) -> Result<Request, Status> {
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
