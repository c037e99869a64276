//! Isochronous transfers.

use usbclient_core::{isoch::Isoch, request::Direction, transfer::Chunks};
use usbclient_protocol::status::{
    STATUS_DEVICE_NOT_READY, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, Status,
};

use super::{Missing, Plan, Ready, transfers::pipe_of};
use crate::{
    gate::Gate,
    nt::{
        held::Wait,
        irp::Irp,
        isoch_urb::IsochFormat,
        slot::{Job, Route},
    },
};

/// An isochronous transfer is one submission, so it never has the pipe for itself. It still follows what
/// waits for the same pipe.
pub(super) fn plan(
    gate: &mut Gate,
    irp: &mut Irp,
    endpoint: u8,
    direction: Direction,
    sequence: u64,
) -> Result<Plan, Status> {
    if gate.configured.as_ref().is_some_and(|configured| !configured.limits.is_speed_known) {
        return Err(STATUS_NOT_SUPPORTED);
    }
    let pipe = pipe_of(&mut gate.configured, endpoint)?;
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
    let route = Route { endpoint, stream: 0, chunks: Chunks::new(length, length) };
    Ok(Plan::Send(Ready { slot: Job::Isoch(slot, format).prepare(handle, route), timeout: None }))
}
