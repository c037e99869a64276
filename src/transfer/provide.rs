//! What a request lacks, provided outside the lock: slots, bounce packets, the mapping of its buffer.

use usbclient_protocol::status::{STATUS_DEVICE_NOT_CONNECTED, Status};

use crate::{
    gate::Configured,
    nt::{bounce::Bounce, device::Device, irp::Irp, irql::AtMostDispatch, slot::NewSlot, usbd::HandleUse},
    request::Missing,
};

/// Gives a pipe its bounce packet, unless it has one by now.
fn add_bounce(device: Device, endpoint: u8, packet: u16, irql: &mut AtMostDispatch) -> Result<(), Status> {
    let bounce = Bounce::allocate(packet, irql)?;
    let mut gate = device.gate.lock(irql);
    let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
    let Some(pipe) = pipe.filter(|pipe| !pipe.has_bounce) else {
        drop(gate);
        // Freed here, and not under the lock.
        drop(bounce);
        return Ok(());
    };
    pipe.has_bounce = true;
    pipe.bounce = Some(bounce);
    Ok(())
}

/// Provides what a request lacks. Not under the lock.
pub fn provide(
    device: Device,
    missing: Missing,
    irp: &mut Irp,
    irql: &mut AtMostDispatch,
) -> Result<(), Status> {
    match missing {
        Missing::Slot => add_slot(device, irql),
        Missing::IsochSlot => add_isoch_slot(device, irql),
        Missing::Mapping => irp.map_buffer(irql),
        Missing::Bounce { endpoint, packet } => add_bounce(device, endpoint, packet, irql),
    }
}

/// Makes the pool one slot larger.
pub fn add_slot(device: Device, irql: &mut AtMostDispatch) -> Result<(), Status> {
    grow(device, |handle, irql| NewSlot::allocate(device, handle, irql), irql)
}

/// The same with a slot for isochronous transfers, of as many packets as any of the device's pipes takes.
pub fn add_isoch_slot(device: Device, irql: &mut AtMostDispatch) -> Result<(), Status> {
    let packets = device.gate.lock(irql).configured.as_ref().and_then(Configured::isoch_packets);
    // Without such a pipe any more the request is looked at again, and ends there.
    let Some(packets) = packets else { return Ok(()) };
    grow(device, |handle, irql| NewSlot::allocate_isoch(device, packets, handle, irql), irql)
}

/// Counted as a user of the handle meanwhile.
fn grow(
    device: Device,
    allocate: impl FnOnce(&HandleUse, &AtMostDispatch) -> Result<NewSlot, Status>,
    irql: &mut AtMostDispatch,
) -> Result<(), Status> {
    let handle = device.gate.lock(irql).lend_handle().ok_or(STATUS_DEVICE_NOT_CONNECTED)?;
    let slot = allocate(&handle, irql);
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    let result = slot.map(|slot| gate.slots.adopt(slot));
    gate.give_back(handle, device, irql);
    result
}
