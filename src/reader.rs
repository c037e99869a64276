//! Continuous reading: IRPs of this driver's own that are outstanding on a pipe all the time.
//!
//! ```text
//! pump    (under the lock) room in the ring? -> link -> the lower driver -> again
//! conclude -> returned (under the lock) -> the ring, in the order of sending -> deliver -> pump
//! deliver (under the lock) a PIPE_READ that waits -> takes out of the ring -> completed
//! ```
//!
//! A read is a request like any other: it lies in a slot, is linked, is cancelled, and counts as a use of the handle.
//! Its memory, its IRP and its slot are made with the reader, so nothing is allocated while it runs. One thread at a
//! time sends, so that the reads are on the bus in the order of their numbers.

use alloc::{boxed::Box, vec::Vec};

use usbclient_core::{
    dispatch::{IrpCalls as _, Pended},
    reader::{Flow, Reading, Returned},
    ring::{Ring, Taken},
    transfer::Chunks,
};
use usbclient_protocol::{
    ReaderState,
    status::{
        NtStatus, STATUS_CANCELLED, STATUS_DEVICE_NOT_READY, STATUS_INSUFFICIENT_RESOURCES,
        STATUS_INVALID_DEVICE_STATE, STATUS_SUCCESS, Status,
    },
};

use crate::{
    cancel::cancel_in_flight,
    files,
    gate::Gate,
    nt::{
        Nt, OwnIrp,
        bounce::OwnBuffer,
        device::Device,
        held::Wait,
        irp::{FileId, Irp},
        irql::AtMostDispatch,
        pool,
        slot::{Cause, End, Entry, Free, Job, Linked, NewSlot, Origin, Route, Slot},
        urb::{Format, PipeHandle},
        usbd::HandleUse,
    },
    transfer::drive,
};

/// A continuous reader. Lies with its pipe, under the device's lock.
pub struct Reader {
    flow: Flow,
    ring: Ring<Vec<u8>>,
    /// The file that started it.
    file: FileId,
    /// Reads that are not on their way.
    #[expect(clippy::vec_box, reason = "a read goes from list to list as its box")]
    idle: Vec<Box<Read>>,
    /// Reads that came back before an earlier one.
    #[expect(clippy::vec_box, reason = "a read goes from list to list as its box")]
    early: Vec<Box<Read>>,
    /// The number of the next read to send.
    next: u64,
    /// The number of the read whose data come next.
    expected: u64,
    /// Somebody is sending: nobody else has to.
    is_pumping: bool,
}

/// One read: what it needs, and while it is on its way, which one it is.
pub struct Read {
    irp: OwnIrp,
    buffer: OwnBuffer,
    slot: Option<Slot<Free>>,
    number: u64,
    end: End,
    was_cancelled: bool,
}

impl Read {
    /// Where its data arrive.
    pub const fn buffer(&self) -> &OwnBuffer {
        &self.buffer
    }
}

/// A reader that no pipe has yet.
struct NewReader {
    reader: Box<Reader>,
    slots: Vec<NewSlot>,
}

impl Reader {
    /// Whether this file started it.
    pub fn is_of(&self, file: FileId) -> bool {
        self.file == file
    }
}

impl NewReader {
    /// Allocates everything that the reader will ever need. Not under the lock.
    fn allocate(
        device: Device,
        handle: &HandleUse,
        file: FileId,
        reading: Reading,
        irql: &AtMostDispatch,
    ) -> Result<Self, Status> {
        let count = reading.transfer_count as usize;
        let (mut idle, mut slots) = (room_for(count)?, room_for(count)?);
        for _read in 0..count {
            let read = Read {
                irp: OwnIrp::for_device(device, irql)?,
                buffer: OwnBuffer::allocate(reading.transfer_length, irql)?,
                slot: None,
                number: 0,
                end: End { status: STATUS_SUCCESS, information: 0 },
                was_cancelled: false,
            };
            put(&mut idle, pool::try_box(read)?);
            put(&mut slots, NewSlot::allocate(device, handle, irql)?);
        }
        let reader = Reader {
            flow: Flow::new(reading),
            ring: Ring::new(pool::try_zeroed(reading.storage())?),
            file,
            idle,
            early: room_for(count)?,
            next: 0,
            expected: 0,
            is_pumping: false,
        };
        Ok(Self { reader: pool::try_box(reader)?, slots })
    }
}

fn room_for<T>(count: usize) -> Result<Vec<T>, Status> {
    let mut items = Vec::new();
    items.try_reserve_exact(count).map_err(|_error| STATUS_INSUFFICIENT_RESOURCES)?;
    Ok(items)
}

/// Adds an item where there is room for it: every list has room for every read.
fn put<T>(items: &mut Vec<T>, item: T) {
    if items.len() < items.capacity() {
        items.push(item);
    }
}

impl Reader {
    /// What `GET_READER_STATE` tells.
    pub fn state(&self) -> ReaderState {
        self.flow.state(self.ring.waiting())
    }

    /// The halt that ended it was cleared: it goes on.
    pub const fn recovered(&mut self) {
        self.flow.recovered();
    }

    /// Drops what the ring holds.
    pub const fn flush(&mut self) {
        self.ring.clear();
    }

    /// Takes data out of the ring for a request whose pages are mapped. `None`: it has to wait.
    pub fn read(&mut self, irp: &mut Irp) -> Option<(NtStatus, usize)> {
        let mut offset = 0_usize;
        let Taken { bytes, found } = self.ring.take(irp.mdl_length(), |piece| {
            // The buffer was mapped, and no more is taken than it has room for.
            let _written = irp.write_buffer(offset, piece);
            offset = offset.saturating_add(piece.len());
        });
        if found {
            return Some((STATUS_SUCCESS, bytes as usize));
        }
        if self.flow.is_stopping() {
            return Some((STATUS_CANCELLED.nt(), 0));
        }
        self.flow.failure().map(|failure| (failure, 0))
    }

    /// A read is back: its data go to the ring when every earlier read is back, too.
    fn returned(&mut self, read: Box<Read>, admits: bool) {
        put(&mut self.early, read);
        while let Some(at) = self.early.iter().position(|read| read.number == self.expected) {
            let read = self.early.swap_remove(at);
            self.expected = self.expected.wrapping_add(1);
            let End { status, information } = read.end;
            if let Returned::Data { ends_short } =
                self.flow.returned(status, information, read.was_cancelled, admits)
            {
                self.push(&read, information, ends_short);
            }
            put(&mut self.idle, read);
        }
    }

    fn push(&mut self, read: &Read, moved: u32, ends_short: bool) {
        let bytes = read.buffer.bytes();
        let data = bytes.get(..moved as usize).unwrap_or(bytes);
        let mut is_first = true;
        while !self.ring.push(data, ends_short) {
            let Some(dropped) = self.ring.drop_oldest() else { return };
            self.flow.dropped(dropped);
            if core::mem::take(&mut is_first) {
                self.flow.overflowed();
            }
        }
    }
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
    endpoint: u8,
    reading: Reading,
    irql: &mut AtMostDispatch,
) -> Result<(), Status> {
    let handle = device.gate.lock(irql).lend_handle().ok_or(STATUS_DEVICE_NOT_READY)?;
    let made = NewReader::allocate(device, &handle, irp.file(), reading, irql);
    let installed = made.map_err(|status| (status, None)).and_then(|made| {
        let mut gate = device.gate.lock(irql);
        install(&mut gate, irp, made, endpoint).map_err(|(status, made)| (status, Some(made)))
    });
    // What could not be installed is freed outside the lock, while the handle has this user.
    let result = installed.map_err(|(status, not_used)| {
        drop(not_used);
        status
    });
    if result.is_ok() {
        pump(device, endpoint, irql);
    }
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    gate.give_back(handle, device, irql);
    result
}

fn install(gate: &mut Gate, irp: &Irp, made: NewReader, endpoint: u8) -> Result<(), (Status, NewReader)> {
    if let Err(status) = files::may_still_use(gate, irp, endpoint) {
        return Err((status, made));
    }
    let Some(pipe) = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint)) else {
        return Err((STATUS_DEVICE_NOT_READY, made));
    };
    if pipe.reader.is_some() {
        return Err((STATUS_INVALID_DEVICE_STATE, made));
    }
    let NewReader { mut reader, slots } = made;
    for (read, slot) in reader.idle.iter_mut().zip(slots) {
        gate.slots.adopt(slot);
        // The one that was just adopted, or another one: they are all alike.
        read.slot = gate.slots.take();
    }
    pipe.reader = Some(reader);
    Ok(())
}

/// Sends reads as long as there is room for what they may bring.
pub fn pump(device: Device, endpoint: u8, irql: &mut AtMostDispatch) {
    let mut is_mine = false;
    loop {
        let mut guard = device.gate.lock(irql);
        let (gate, at_dispatch) = guard.split();
        let Some(slot) = next_read(gate, device, endpoint, &mut is_mine, at_dispatch) else { break };
        drop(guard);
        drive(slot, irql);
    }
    if is_mine {
        // The device is gone: the last read could not be sent.
        let mut gate = device.gate.lock(irql);
        let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
        if let Some(reader) = pipe.and_then(|pipe| pipe.reader.as_mut()) {
            reader.is_pumping = false;
        }
    }
    settle(device, endpoint, irql);
}

/// Links the next read. `None`: none may be sent, or somebody else is at it.
fn next_read(
    gate: &mut Gate,
    device: Device,
    endpoint: u8,
    is_mine: &mut bool,
    irql: &AtMostDispatch,
) -> Option<Slot<Linked>> {
    let admits = gate.admits_io();
    let pipe = gate.configured.as_mut()?.pipe(endpoint)?;
    let admits = admits && !pipe.is_held;
    let (pipe_handle, reader) = (pipe.state.for_transfers().ok()?, pipe.reader.as_mut()?);
    if reader.is_pumping && !*is_mine {
        return None;
    }
    let may_submit = reader.flow.may_submit(reader.ring.free(), admits);
    let mut read = if may_submit { reader.idle.pop() } else { None };
    *is_mine = read.as_ref().is_some_and(|read| read.slot.is_some());
    reader.is_pumping = *is_mine;
    if let Some(read) = &mut read {
        (read.number, reader.next) = (reader.next, reader.next.wrapping_add(1));
        reader.flow.submitted();
    }
    let (file, length) = (reader.file, reader.flow.reading().transfer_length);
    send(gate, device, endpoint, read?, Sending { pipe_handle, file, length }, irql)
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
        read.end = End { status: STATUS_CANCELLED.nt(), information: 0 };
        put_back(gate, endpoint, read);
        return None;
    };
    gate.count_read();
    read.was_cancelled = false;
    let irp = read.irp.reuse(irql);
    let tag = Nt::tag(&irp);
    let origin = Origin { file, sequence: gate.next_sequence() };
    let job = Job::Fixed(slot, Format::Pipe { pipe: pipe_handle, is_in: true, chaining: None });
    let route = Route { endpoint, stream: 0, chunks: Chunks::new(length, length) };
    let mut slot = job.prepare(handle, route);
    slot.request().read = Some(read);
    Some(gate.slots.link(slot, Pended::from_parts(irp, device, tag), origin, None, irql))
}

fn put_back(gate: &mut Gate, endpoint: u8, read: Box<Read>) {
    let admits = gate.admits_io();
    let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
    let Some(pipe) = pipe else { return };
    let admits = admits && !pipe.is_held;
    if let Some(reader) = &mut pipe.reader {
        reader.returned(read, admits);
    }
}

/// A read is back and unlinked. Under the lock; [`go_on`] follows outside it.
pub fn returned(gate: &mut Gate, mut read: Box<Read>, end: End, entry: &Entry) {
    read.slot = gate.slots.take();
    read.end = end;
    read.was_cancelled = entry.cause.is_some();
    put_back(gate, entry.endpoint, read);
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
fn deliver(device: Device, endpoint: u8, irql: &mut AtMostDispatch) {
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

/// Frees a reader that was stopped and whose reads are all back, and ends what waits for that, or for its data.
pub fn settle(device: Device, endpoint: u8, irql: &mut AtMostDispatch) {
    let mut gate = device.gate.lock(irql);
    let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
    let Some(pipe) = pipe else { return };
    let is_over = pipe.reader.as_ref().is_some_and(|reader| reader.flow.is_over() && !reader.is_pumping);
    let Some(mut reader) = (if is_over { pipe.reader.take() } else { None }) else { return };
    for read in &mut reader.idle {
        if let Some(slot) = read.slot.take() {
            gate.slots.put_back(slot);
        }
    }
    drop(gate);
    drop(reader);
    loop {
        let waiting = device.gate.lock(irql).held.take(device, |key, _file| key.wait.is_for_reader(endpoint));
        let Some((pended, key)) = waiting else { return };
        let status = match key.wait {
            Wait::ReaderEnd { .. } => STATUS_SUCCESS,
            _ => STATUS_CANCELLED.nt(),
        };
        pended.complete(status, 0);
    }
}

/// Stops the readers that `wanted` accepts and cancels their reads. Does not wait.
pub fn stop(device: Device, irql: &mut AtMostDispatch, mut wanted: impl FnMut(u8, FileId) -> bool) {
    let mut gate = device.gate.lock(irql);
    let mut stopped = 0_u32;
    if let Some(configured) = gate.configured.as_mut() {
        for (endpoint, pipe) in configured.endpoints.iter().zip(&mut configured.pipes) {
            let reader = pipe.reader.as_mut().filter(|reader| wanted(endpoint.address, reader.file));
            if let Some(reader) = reader {
                reader.flow.stop();
                stopped |= bit(endpoint.address);
            }
        }
    }
    drop(gate);
    if stopped == 0 {
        return;
    }
    cancel_in_flight(device, Cause::Reader, irql, |entry| {
        entry.is_read && stopped & bit(entry.endpoint) != 0
    });
    for number in 0..32 {
        if stopped & 1_u32.rotate_left(number) != 0 {
            settle(device, address(number), irql);
        }
    }
}

/// Pipes are in use again, and usable: readers that had failed go on.
pub fn resume(device: Device, irql: &mut AtMostDispatch, mut wanted: impl FnMut(u8) -> bool) {
    if let Some(configured) = &mut device.gate.lock(irql).configured {
        for (endpoint, pipe) in configured.endpoints.iter().zip(&mut configured.pipes) {
            if let Some(reader) = pipe.reader.as_mut().filter(|_reader| wanted(endpoint.address)) {
                reader.recovered();
            }
        }
    }
    pump_all(device, irql);
}

/// Sends what every reader may send: the device takes requests again.
pub fn pump_all(device: Device, irql: &mut AtMostDispatch) {
    let mut readers = 0_u32;
    if let Some(configured) = &device.gate.lock(irql).configured {
        for (endpoint, pipe) in configured.endpoints.iter().zip(&configured.pipes) {
            readers |= if pipe.reader.is_some() { bit(endpoint.address) } else { 0 };
        }
    }
    for number in 0..32 {
        if readers & 1_u32.rotate_left(number) != 0 {
            pump(device, address(number), irql);
        }
    }
}

/// Bit 7 of an address is the direction and bits 0 to 3 are the number: 32 different ones.
const fn bit(endpoint: u8) -> u32 {
    1_u32.rotate_left((endpoint & 0x0F) as u32 | ((endpoint >> 3) & 0x10) as u32)
}

/// The endpoint that [`bit`] gives this number.
const fn address(number: u32) -> u8 {
    let [number, ..] = number.to_le_bytes();
    number & 0x0F | (number & 0x10).rotate_left(3)
}
