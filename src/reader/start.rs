//! A reader is made, and goes on after the device was stopped and started again.

use alloc::boxed::Box;

use usbclient_core::{
    reader::{Flow, Reading},
    ring::Ring,
};
use usbclient_protocol::status::{STATUS_DEVICE_NOT_READY, STATUS_INVALID_DEVICE_STATE, Status};

use super::{Over, Reader, Readers, pump, reads::Read, reads::Reads};
use crate::{
    files,
    gate::{Configured, Gate},
    nt::{device::Device, irp::Irp, irql::AtMostDispatch, pool, usbd::HandleUse},
};

/// Allocates everything that the reader will ever need. Not under the lock.
fn allocate(
    device: Device,
    handle: &HandleUse,
    irp: &Irp,
    (endpoint, reading): (usbclient_core::descriptors::Endpoint, Reading),
    irql: &AtMostDispatch,
) -> Result<Box<Reader>, Status> {
    let mut idle = Reads::new();
    for _read in 0..reading.transfer_count {
        idle.push(Read::allocate(device, handle, reading.transfer_length, irql)?);
    }
    pool::try_box(Reader {
        flow: Flow::new(reading),
        ring: Ring::new(pool::try_zeroed(reading.storage())?),
        id: 0,
        endpoint,
        file: irp.file(),
        idle,
        early: Reads::new(),
        next: 0,
        expected: 0,
        is_pumping: false,
        link: None,
    })
}

/// `START_READER`: makes a reader and sends its reads.
///
/// # Errors
///
/// `STATUS_INVALID_DEVICE_STATE`: the pipe has one. `STATUS_INSUFFICIENT_RESOURCES` and others: it could not be made.
/// `STATUS_CANCELLED`, `STATUS_SHARING_VIOLATION`: the file was closed, or another has claimed the interface, while it was
/// made.
pub fn start(
    device: Device,
    irp: &Irp,
    address: u8,
    reading: Reading,
    irql: &mut AtMostDispatch,
) -> Result<(), Status> {
    let mut gate = device.gate.lock(irql);
    let endpoints = gate.configured.as_ref().map_or(&[][..], |configured| &configured.endpoints);
    let endpoint = endpoints.iter().find(|endpoint| endpoint.address == address).copied();
    let endpoint = endpoint.ok_or(STATUS_DEVICE_NOT_READY)?;
    let handle = gate.lend_handle().ok_or(STATUS_DEVICE_NOT_READY)?;
    drop(gate);
    let made = allocate(device, &handle, irp, (endpoint, reading), irql);
    let installed = made.map_err(|status| (status, None)).and_then(|made| {
        let mut gate = device.gate.lock(irql);
        install(&mut gate, irp, made).map_err(|(status, made)| (status, Some(made)))
    });
    // What could not be installed is freed outside the lock, while the handle has this user.
    let result = installed.map_err(|(status, not_used)| {
        drop(not_used);
        status
    });
    if result.is_ok() {
        pump(device, address, irql);
    }
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    gate.give_back(handle, device, irql);
    result
}

fn install(gate: &mut Gate, irp: &Irp, mut made: Box<Reader>) -> Result<(), (Status, Box<Reader>)> {
    let address = made.endpoint.address;
    if let Err(status) = files::may_still_use(gate, irp, address) {
        return Err((status, made));
    }
    let Some(configured) = gate.configured.as_mut() else { return Err((STATUS_DEVICE_NOT_READY, made)) };
    // It may be another one since an alternate setting was selected.
    let is_the_same = configured.endpoints.contains(&made.endpoint);
    let Some(pipe) = configured.pipe(address).filter(|_pipe| is_the_same) else {
        return Err((STATUS_DEVICE_NOT_READY, made));
    };
    if pipe.reader.is_some() {
        return Err((STATUS_INVALID_DEVICE_STATE, made));
    }
    made.idle.for_each(|read| {
        if let Some(slot) = read.new_slot.take() {
            gate.slots.adopt(slot);
        }
        // The one that was just adopted, or another one: they are all alike.
        read.slot = gate.slots.take();
    });
    made.id = gate.next_sequence();
    if let Some(pipe) = gate.configured.as_mut().and_then(|configured| configured.pipe(address)) {
        pipe.reader = Some(made);
    }
    Ok(())
}

/// The device is started again: readers that STOP kept get the pipe that their endpoint has now. Under the lock. What has
/// none that suits it is over: what waited for it is an ordinary request again.
#[must_use = "to be freed outside the lock"]
pub fn reinstall(kept: &mut Readers, configured: &mut Configured) -> Over {
    let mut over = Readers::new();
    while let Some(mut reader) = kept.pop() {
        let now = configured.endpoints.iter().find(|now| now.address == reader.endpoint.address).copied();
        let limit = configured.pipe_of(reader.endpoint.address).map_or(0, |pipe| pipe.limit);
        let suits = now.is_some_and(|now| {
            now.interface == reader.endpoint.interface && reader.flow.reading().fits(now, limit)
        });
        match (configured.pipe(reader.endpoint.address), now) {
            (Some(pipe), Some(now)) if suits => {
                reader.endpoint = now;
                reader.flow.recovered();
                pipe.reader = Some(reader);
            }
            _ => over.push(reader),
        }
    }
    Over::silently(over)
}

/// Gives the reads of such readers slots of the new pool.
pub fn provide_slots(gate: &mut Gate) {
    let pipes = gate.configured.as_mut().map_or(&mut [][..], |configured| &mut configured.pipes);
    for reader in pipes.iter_mut().filter_map(|pipe| pipe.reader.as_mut()) {
        reader.idle.for_each(|read| {
            if read.slot.is_none() {
                read.slot = gate.slots.take();
            }
        });
    }
}
