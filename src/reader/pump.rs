//! Reads are sent, and come back.

use alloc::boxed::Box;

use usbclient_core::{
    dispatch::{IrpCalls as _, Pended},
    endpoint_set::EndpointSet,
    reader::Pass,
    transfer::Chunks,
};
use usbclient_protocol::status::{STATUS_CANCELLED, Status};

use super::{Read, settle};
use crate::{
    gate::Gate,
    nt::{
        Nt,
        device::Device,
        held::Wait,
        irp::FileId,
        irql::AtMostDispatch,
        slot::{End, Entry, Job, Linked, Origin, Route, Slot},
        urb::{Format, PipeHandle},
        usbd::HandleUse,
    },
    recovery, stall,
    transfer::drive,
};

/// Sends reads as long as there is room for what they may bring, but not for ever: what is left is sent by the device's
/// work item.
pub fn pump(device: Device, endpoint: u8, irql: &mut AtMostDispatch) {
    let (mut turn, mut pass) = (None, Pass::new());
    let claim = loop {
        let mut guard = device.gate.lock(irql);
        let (gate, at_dispatch) = guard.split();
        let goes_on = pass.goes_on();
        let slot = if goes_on { next_read(gate, device, endpoint, &mut turn, at_dispatch) } else { None };
        let Some(slot) = slot else {
            // The turn ends even if the device is gone, or the next read could not be sent.
            end_turn(gate, device, endpoint, turn, at_dispatch);
            if !goes_on {
                gate.recovery.tasks.pump(endpoint);
            }
            break if gate.recovery.tasks.is_empty() { None } else { recovery::claim(gate) };
        };
        drop(guard);
        drive(slot, irql);
    };
    recovery::start(device, claim, irql);
    settle(device, endpoint, irql);
}

/// Links the next read. `None`: none may be sent, or somebody else is at it. `turn` is the reader whose turn the caller
/// has; who has one counts as a user of the handle, so that STOP waits.
fn next_read(
    gate: &mut Gate,
    device: Device,
    endpoint: u8,
    turn: &mut Option<u64>,
    irql: &AtMostDispatch,
) -> Option<Slot<Linked>> {
    let admits = gate.admits_io();
    let pipe = gate.configured.as_mut()?.pipe(endpoint)?;
    let admits = admits && !pipe.is_held;
    let (pipe_handle, reader) = (pipe.state.for_transfers().ok()?, pipe.reader.as_mut()?);
    let is_others = reader.is_pumping && *turn != Some(reader.id);
    if is_others || !reader.flow.may_submit(reader.ring.free(), admits) {
        return None;
    }
    let mut read = reader.idle.pop()?;
    (read.number, reader.next) = (reader.next, reader.next.wrapping_add(1));
    reader.flow.submitted();
    reader.is_pumping = true;
    let (file, length) = (reader.file, reader.flow.reading().transfer_length);
    if turn.replace(reader.id).is_none() {
        gate.count_user();
    }
    send(gate, device, endpoint, read, Sending { pipe_handle, file, length }, irql)
}

fn end_turn(gate: &mut Gate, device: Device, endpoint: u8, turn: Option<u64>, irql: &AtMostDispatch) {
    let Some(id) = turn else { return };
    let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
    if let Some(reader) = pipe.and_then(|pipe| pipe.reader.as_mut()).filter(|reader| reader.id == id) {
        reader.is_pumping = false;
    }
    gate.discount_user(device, irql);
}

#[derive(Clone, Copy)]
struct Sending {
    pipe_handle: PipeHandle,
    file: FileId,
    length: u32,
}

/// Links a read. `None`: the device is gone, and the read is back in its reader.
fn send(
    gate: &mut Gate,
    device: Device,
    endpoint: u8,
    mut read: Box<Read>,
    sending: Sending,
    irql: &AtMostDispatch,
) -> Option<Slot<Linked>> {
    let Sending { pipe_handle, file, length } = sending;
    // The slot first: a use of the handle that was lent must be given back.
    let both = read.slot.take().map(|slot| (gate.lend_handle(), slot));
    let Some((Some(handle), slot)) = both else {
        (read.slot, read.was_cancelled, read.meets_halt) = (both.map(|(_none, slot)| slot), true, false);
        read.end = End { status: STATUS_CANCELLED.nt(), information: 0 };
        let _no_halt = put_back(gate, endpoint, read);
        return None;
    };
    gate.count_read();
    let irp = read.irp.reuse(irql);
    let tag = Nt::tag(&irp);
    let origin = Origin { file, sequence: gate.next_sequence() };
    let job = Job::Fixed(slot, Format::Pipe { pipe: pipe_handle, is_in: true, chaining: None });
    let route = Route { endpoint, stream: 0, chunks: Chunks::new(length, length) };
    let mut slot = job.prepare(handle, route);
    slot.request().read = Some(read);
    Some(gate.slots.link(slot, Pended::from_parts(irp, device, tag), origin, None, irql))
}

/// True: the pipe is to be reset.
fn put_back(gate: &mut Gate, endpoint: u8, read: Box<Read>) -> bool {
    let admits = gate.admits_io();
    let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
    let Some(pipe) = pipe else { return false };
    let admits = admits && !pipe.is_held;
    pipe.reader.as_mut().is_some_and(|reader| reader.returned(read, admits))
}

/// A read is back and unlinked. Under the lock; [`go_on`] follows outside it.
pub fn returned(gate: &mut Gate, mut read: Box<Read>, end: End, entry: &Entry, usbd_status: i32) {
    read.slot = gate.slots.take();
    read.end = end;
    read.was_cancelled = entry.cause.is_some();
    read.meets_halt = stall::meets_halt(gate, entry, end, usbd_status);
    if put_back(gate, entry.endpoint, read) {
        gate.recovery.tasks.reset(entry.endpoint);
    }
}

/// After a read is back: who waits for data gets them, and the device is asked for more. The last use of the device
/// in the name of the read.
pub fn go_on(device: Device, endpoint: u8, handle: HandleUse, irql: &mut AtMostDispatch) {
    deliver(device, endpoint, irql);
    pump(device, endpoint, irql);
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    gate.give_back_read(handle, device, irql);
}

/// Completes reads that wait for the ring, in their order, as long as there is something for them.
pub fn deliver(device: Device, endpoint: u8, irql: &mut AtMostDispatch) {
    loop {
        let mut guard = device.gate.lock(irql);
        let (gate, at_dispatch) = guard.split();
        let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
        let Some(reader) = pipe.and_then(|pipe| pipe.reader.as_mut()) else { return };
        if reader.ring.is_empty() && reader.flow.failure().is_none() {
            return;
        }
        let waiting = gate.held.take(device, |key, _file| key.wait == Wait::Ring { endpoint });
        let Some((mut pended, _key)) = waiting else { return };
        let (status, information) = reader.read(pended.raw()).unwrap_or((STATUS_CANCELLED.nt(), 0));
        // Once the device is gone a failure is told as everywhere.
        let gone = gate.machine.overriding_status().filter(|_gone| !status.is_success());
        gate.watch_idleness(device, at_dispatch);
        drop(guard);
        pended.complete(gone.map_or(status, Status::nt), information);
    }
}

/// Pipes are in use again, and usable: readers that had failed go on.
pub fn resume(device: Device, irql: &mut AtMostDispatch, mut wanted: impl FnMut(u8) -> bool) {
    if let Some(configured) = &mut device.gate.lock(irql).configured {
        for (endpoint, pipe) in configured.endpoints.iter().zip(&mut configured.pipes) {
            if let Some(reader) = pipe.reader.as_mut().filter(|_reader| wanted(endpoint.address)) {
                reader.flow.recovered();
            }
        }
    }
    pump_all(device, irql);
}

/// Sends what every reader may send: the device takes requests again.
pub fn pump_all(device: Device, irql: &mut AtMostDispatch) {
    let mut readers = EndpointSet::NONE;
    if let Some(configured) = &device.gate.lock(irql).configured {
        for (endpoint, pipe) in configured.endpoints.iter().zip(&configured.pipes) {
            if pipe.reader.is_some() {
                readers.insert(endpoint.address);
            }
        }
    }
    while let Some(endpoint) = readers.pop() {
        pump(device, endpoint, irql);
    }
}
