//! Continuous reading: starting it, ending it, and reads that take data out of its ring.

use usbclient_core::reader::Reading;
use usbclient_protocol::{
    ReaderState,
    status::{STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, Status},
};

use super::{
    Missing, Plan,
    transfers::{Asked, pipe_of},
};
use crate::{
    gate::Gate,
    nt::{held::Wait, irp::Irp},
    replies,
};

/// `START_READER`
pub(super) fn start(gate: &mut Gate, endpoint: u8, reading: Reading) -> Result<Plan, Status> {
    let pipe = pipe_of(&mut gate.configured, endpoint)?;
    if pipe.reader.is_some() {
        return Err(STATUS_INVALID_DEVICE_STATE);
    }
    if reading.transfer_length > pipe.limit {
        return Err(STATUS_INVALID_PARAMETER);
    }
    Ok(Plan::StartReader { endpoint, reading })
}

/// `STOP_READER`
pub(super) fn stop(gate: &mut Gate, endpoint: u8) -> Result<Plan, Status> {
    let pipe = pipe_of(&mut gate.configured, endpoint)?;
    let _reader = pipe.reader.as_ref().ok_or(STATUS_INVALID_DEVICE_STATE)?;
    Ok(Plan::StopReader { endpoint })
}

/// `READER_STATE`
pub(super) fn state(gate: &mut Gate, irp: &mut Irp, endpoint: u8) -> Result<Plan, Status> {
    let pipe = pipe_of(&mut gate.configured, endpoint)?;
    let state = pipe.reader.as_ref().map_or_else(ReaderState::default, |reader| reader.state());
    replies::bytes(irp, &state.encode())
}

/// `FLUSH_PIPE`
pub(super) fn flush(gate: &mut Gate, endpoint: u8) -> Result<Plan, Status> {
    let pipe = pipe_of(&mut gate.configured, endpoint)?;
    if let Some(bounce) = &mut pipe.bounce {
        bounce.flush();
    }
    if let Some(reader) = &mut pipe.reader {
        reader.flush();
    }
    Ok(Plan::FromRing { endpoint, status: STATUS_SUCCESS, information: 0 })
}

/// A read of a pipe that has a reader.
pub(super) fn read(gate: &mut Gate, irp: &mut Irp, asked: &Asked<'_>) -> Result<Plan, Status> {
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
    let reader = pipe_of(&mut gate.configured, endpoint).ok().and_then(|pipe| pipe.reader.as_mut());
    Ok(match reader.ok_or(STATUS_INVALID_DEVICE_STATE)?.read(irp) {
        Some((status, information)) => Plan::FromRing { endpoint, status, information },
        None => Plan::Wait(Wait::Ring { endpoint }),
    })
}
