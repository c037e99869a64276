//! Readers are stopped, lose their pipe, and are freed.

use usbclient_core::endpoint_set::EndpointSet;
use usbclient_protocol::status::{STATUS_CANCELLED, STATUS_SUCCESS};

use super::Readers;
use crate::{
    cancel::cancel_in_flight,
    gate::{Configured, Gate},
    nt::{
        device::Device,
        held::Wait,
        irp::FileId,
        irql::AtMostDispatch,
        slot::{Cause, Pool},
    },
};

/// Readers that have lost their pipe, to be freed outside the lock.
#[must_use = "to be ended outside the lock"]
pub struct Over {
    readers: Readers,
    /// What waits for them is an ordinary request again.
    is_silent: bool,
}

impl Over {
    pub(super) const fn silently(readers: Readers) -> Self {
        Self { readers, is_silent: true }
    }

    /// Frees them, and ends what waits for them, or for their data.
    pub fn end(mut self, device: Device, irql: &mut AtMostDispatch) {
        while let Some(reader) = self.readers.pop() {
            let endpoint = reader.endpoint.address;
            drop(reader);
            if !self.is_silent {
                end_waiting(device, endpoint, irql);
            }
        }
    }
}

/// Ends what waits for the reader of a pipe that has none any more.
fn end_waiting(device: Device, endpoint: u8, irql: &mut AtMostDispatch) {
    loop {
        let mut guard = device.gate.lock(irql);
        let (gate, at_dispatch) = guard.split();
        let waiting = gate.held.take(device, |key, _file| key.wait.is_for_reader(endpoint));
        let Some((pended, key)) = waiting else { return };
        gate.watch_idleness(device, at_dispatch);
        drop(guard);
        let status = match key.wait {
            Wait::ReaderEnd { .. } => STATUS_SUCCESS,
            _ => STATUS_CANCELLED.nt(),
        };
        pended.complete(status, 0);
    }
}

/// Takes readers away from their pipes. Nothing of theirs is in flight.
fn take_away(
    configured: &mut Configured,
    slots: &mut Pool,
    mut wanted: impl FnMut(u8, &super::Reader) -> bool,
) -> Readers {
    let mut taken = Readers::new();
    for (endpoint, pipe) in configured.endpoints.iter().zip(&mut configured.pipes) {
        let address = endpoint.address;
        let Some(mut reader) = pipe.reader.take_if(|reader| wanted(address, reader)) else { continue };
        reader.idle.for_each(|read| {
            if let Some(slot) = read.slot.take() {
                slots.put_back(slot);
            }
        });
        taken.push(reader);
    }
    taken
}

/// Frees a reader that was stopped and whose reads are all back, and ends what waits for that, or for its data.
pub fn settle(device: Device, endpoint: u8, irql: &mut AtMostDispatch) {
    let mut gate = device.gate.lock(irql);
    let Gate { configured, slots, .. } = &mut *gate;
    let Some(configured) = configured else { return };
    let readers = take_away(configured, slots, |address, reader| {
        address == endpoint && reader.flow.is_over() && !reader.is_pumping
    });
    drop(gate);
    Over { readers, is_silent: false }.end(device, irql);
}

/// The pipes of these endpoints are dropped for good: so are their readers. Under the lock; nothing is in flight.
pub fn remove(gate: &mut Gate, mut wanted: impl FnMut(u8) -> bool) -> Over {
    let Gate { configured, slots, .. } = gate;
    let readers = configured.as_mut().map_or(Readers::new(), |configured| {
        take_away(configured, slots, |address, _reader| wanted(address))
    });
    Over { readers, is_silent: false }
}

/// The device is stopped, and its pipes are dropped: readers are kept until it is started again, but for those that were
/// stopped before. Under the lock; nothing is in flight.
pub fn keep(gate: &mut Gate) -> Over {
    let Gate { configured, slots, kept_readers, .. } = gate;
    let Some(configured) = configured else { return Over { readers: Readers::new(), is_silent: false } };
    let mut readers = take_away(configured, slots, |_address, _reader| true);
    let over = readers.split(|reader| reader.flow.is_stopping());
    while let Some(reader) = readers.pop() {
        kept_readers.push(reader);
    }
    Over { readers: over, is_silent: false }
}

/// Stops the readers that `wanted` accepts and cancels their reads. Does not wait.
pub fn stop(device: Device, irql: &mut AtMostDispatch, mut wanted: impl FnMut(u8, FileId) -> bool) {
    let mut gate = device.gate.lock(irql);
    let mut stopped = EndpointSet::NONE;
    if let Some(configured) = gate.configured.as_mut() {
        for (endpoint, pipe) in configured.endpoints.iter().zip(&mut configured.pipes) {
            let reader = pipe.reader.as_mut().filter(|reader| wanted(endpoint.address, reader.file));
            if let Some(reader) = reader {
                reader.flow.stop();
                stopped.insert(endpoint.address);
            }
        }
    }
    // Those of a stopped device have nothing in flight.
    let kept = gate.kept_readers.split(|reader| wanted(reader.endpoint.address, reader.file));
    drop(gate);
    Over { readers: kept, is_silent: false }.end(device, irql);
    if stopped.is_empty() {
        return;
    }
    cancel_in_flight(device, Cause::Reader, irql, |entry| entry.is_read && stopped.contains(entry.endpoint));
    while let Some(endpoint) = stopped.pop() {
        settle(device, endpoint, irql);
    }
}
