//! Streams of bulk endpoints: opened, closed, brought back and recovered, at `PASSIVE_LEVEL`.
//!
//! There is no request that concerns one stream: aborting is cancelling its requests one by one, and resetting takes the
//! endpoint's own handle after every stream's requests have come back.
//!
//! Page: [How to open and close static streams in a USB bulk endpoint](https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-open-streams-in-a-usb-endpoint)

use alloc::vec::Vec;

use usbclient_core::{
    descriptors::Endpoint,
    streams::{Closing, Count, Opening},
};
use usbclient_protocol::{
    Count as CountReply, StreamHandle,
    status::{
        NtStatus, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_DEVICE_NOT_READY,
        STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_LEVEL, STATUS_IO_TIMEOUT, STATUS_SUCCESS, Status,
    },
};

use crate::{
    cancel,
    gate::{Configured, Gate, Pipe},
    nt::{
        Sender,
        device::Device,
        file::FileContext,
        irp::{FileId, Irp},
        irql::{AtMostDispatch, Passive},
        slot::Cause,
        urb::PipeHandle,
        usbd::HandleUse,
    },
    recovery,
    request::write_at,
};

/// How long a look at the requests that are being brought back lasts at most.
const PATIENCE_MS: u32 = 50;
/// How many such looks there are before the device is given up.
const LOOKS: u32 = 100;

/// The open streams of an endpoint.
pub struct Streams {
    /// What the USB driver stack calls them, from stream 1 on.
    handles: Vec<PipeHandle>,
    /// Whose they are. `None`: that file is closed, and they are to be closed too. The values by which the owner knows
    /// them are in the table of the files.
    owner: Option<FileId>,
}

/// What is to be done with streams, outside the lock.
pub enum Work {
    /// Open them, for this file.
    Open(u8, Opening<PipeHandle>, HandleUse, FileId),
    /// Close them.
    Close(u8, Closing<PipeHandle, Streams>, HandleUse),
    /// Bring their requests back and reset the endpoint.
    Reset(u8, Closing<PipeHandle, Streams>, HandleUse),
    /// Cancel the requests of one, or of all if the id is zero.
    Cancel(u8, u8),
}

/// What the USB driver stack calls a stream. `None`: it is not open.
pub fn handle(pipe: &Pipe, id: u8) -> Option<PipeHandle> {
    let handle = *pipe.state.streams()?.handles.get(usize::from(id).checked_sub(1)?)?;
    handle.is_some().then_some(handle)
}

/// Begins to open streams. Under the lock. The reply is written here, and counts if the streams are opened.
pub fn begin_open(gate: &mut Gate, address: u8, wanted: u32, irp: &mut Irp) -> Result<Work, Status> {
    let configured = gate.configured.as_mut().ok_or(STATUS_DEVICE_NOT_READY)?;
    let endpoint = configured.endpoints.iter().find(|endpoint| endpoint.address == address).copied();
    let endpoint = endpoint.ok_or(STATUS_DEVICE_NOT_READY)?;
    let (pipe, capabilities) = configured.pipe_and_capabilities(address).ok_or(STATUS_DEVICE_NOT_READY)?;
    let count = Count::check(capabilities.static_streams.as_ref(), pipe.max_streams, wanted)?;
    // Once streams are open, what is on its way on the pipe itself must not arrive.
    if gate.slots.any(|entry| entry.endpoint == address) {
        return Err(STATUS_INVALID_DEVICE_STATE);
    }
    let opening = pipe.state.begin_open(count)?;
    let handle = give_handles(gate, endpoint, opening.count(), irp)
        .and_then(|()| gate.lend_handle().ok_or(STATUS_DEVICE_NOT_READY));
    match handle {
        Ok(handle) => Ok(Work::Open(address, opening, handle, irp.file())),
        Err(status) => {
            end_open(gate, address, opening, None);
            Err(status)
        }
    }
}

/// Gives the file handles for streams that are about to be opened, and writes them down. Until that is done they are for
/// nothing. core has checked that there is room for the reply.
fn give_handles(gate: &mut Gate, endpoint: Endpoint, count: u16, irp: &mut Irp) -> Result<(), Status> {
    let context = FileContext::of(irp);
    let file = context.map(|context| &*context.state(&mut gate.file_states));
    let output = irp.output();
    let header = CountReply { count: count.into() }.encode();
    write_at(output, 0, &header).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    let mut length = CountReply::SIZE;
    for id in 1..=u8::try_from(count).unwrap_or(u8::MAX) {
        let handle = StreamHandle { handle: gate.files.open_stream(file, endpoint, id)? };
        write_at(output, length, &handle.encode()).ok_or(STATUS_BUFFER_TOO_SMALL)?;
        length = length.saturating_add(StreamHandle::SIZE);
    }
    Ok(())
}

/// Begins to close streams, or to reset their endpoint: until that is done they take no transfers. Under the lock.
pub fn begin_close(
    gate: &mut Gate,
    endpoint: u8,
    work: impl FnOnce(u8, Closing<PipeHandle, Streams>, HandleUse) -> Work,
) -> Result<Work, Status> {
    let configured = gate.configured.as_mut().ok_or(STATUS_DEVICE_NOT_READY)?;
    let pipe = configured.pipe(endpoint).ok_or(STATUS_DEVICE_NOT_READY)?;
    let closing = pipe.state.begin_close()?;
    gate.recovery.stream_owner = closing.streams().owner;
    if let Some(handle) = gate.lend_handle() {
        Ok(work(endpoint, closing, handle))
    } else {
        end_close(gate, endpoint, closing, false);
        Err(STATUS_DEVICE_NOT_READY)
    }
}

/// Does it. Answers the status and the length of the reply, which is in the system buffer.
pub fn run(device: Device, work: Work, irp: &Irp, irql: &mut AtMostDispatch) -> (NtStatus, usize) {
    let result = match work {
        Work::Open(endpoint, opening, handle, file) => {
            let opened = open(device, (endpoint, opening), handle, file, irql);
            if is_closed(device, irp, irql) {
                // CLEANUP came meanwhile, and did not see them.
                abandon_all_of(device, file, irql);
            }
            opened
        }
        Work::Close(endpoint, closing, handle) => close(device, endpoint, closing, handle, irql),
        Work::Reset(endpoint, closing, handle) => reset(device, endpoint, closing, handle, irql),
        Work::Cancel(endpoint, id) => {
            cancel_requests(device, endpoint, id, Cause::Abort, irql);
            Ok(0)
        }
    };
    match result {
        Ok(length) => (STATUS_SUCCESS, length),
        Err(status) => (status.nt(), 0),
    }
}

/// A file is closed: the streams that it has opened and not closed are nobody's. The device's work item closes them, now
/// or when the device works again, because nothing may be done with their pipes beside a recovery; CLEANUP does not wait
/// for that. What does not obey stays open until somebody opens streams anew or the device is configured anew.
pub fn abandon_all_of(device: Device, file: FileId, irql: &mut AtMostDispatch) {
    let mut gate = device.gate.lock(irql);
    let pipes = gate.configured.as_mut().map_or(&mut [][..], |configured| &mut configured.pipes);
    let mut is_any = false;
    for streams in pipes.iter_mut().filter_map(|pipe| pipe.state.streams_mut()) {
        if streams.owner == Some(file) {
            streams.owner = None;
            is_any = true;
        }
    }
    if gate.recovery.stream_owner == Some(file) {
        // They are being reset or opened anew just now.
        gate.recovery.stream_owner = None;
        is_any = true;
    }
    if is_any {
        gate.recovery.tasks.close_streams();
    }
    let claim = recovery::claim(&mut gate);
    drop(gate);
    recovery::start(device, claim, irql);
}

/// Resets an endpoint with open streams on this driver's own account. Whatever comes of it, the streams stay.
pub fn reset_own(device: Device, endpoint: u8, passive: &mut Passive) {
    let work = begin_close(&mut device.gate.lock(passive), endpoint, Work::Reset);
    if let Ok(Work::Reset(endpoint, closing, handle)) = work {
        let _result = reset(device, endpoint, closing, handle, passive);
    }
}

/// Opens the streams of an endpoint anew, after the device was without power. Their handles that the file has stay what
/// they are. If that fails the streams are gone, and the handles stale. Nothing is in flight: the pipe is out of use.
pub fn reopen(device: Device, endpoint: u8, passive: &mut Passive) {
    let work = begin_close(&mut device.gate.lock(passive), endpoint, Work::Close);
    let Ok(Work::Close(endpoint, closing, handle)) = work else { return };
    let count = u16::try_from(closing.streams().handles.len()).unwrap_or(u16::MAX);
    let handles = Sender::allocate(device, &handle, passive).and_then(|mut sender| {
        // Refused if the USB driver stack has forgotten them.
        let _closed = sender.close_streams(closing.endpoint(), passive);
        sender.open_streams(closing.endpoint(), count, passive)
    });
    let mut guard = device.gate.lock(passive);
    let (gate, irql) = guard.split();
    let streams = handles.ok().map(|handles| Streams { handles, owner: None });
    let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
    if !pipe.is_some_and(|pipe| pipe.state.end_reopen(closing, streams)) {
        gate.files.streams_closed(endpoint);
    }
    restore_owner(gate, endpoint);
    gate.give_back(handle, device, irql);
}

/// Closes the streams that are nobody's, if requests pass now.
pub fn close_abandoned(device: Device, irql: &mut AtMostDispatch) {
    let mut at = 0;
    loop {
        let mut gate = device.gate.lock(irql);
        let found = gate.configured.as_ref().and_then(|configured| next_abandoned(configured, at));
        let Some((next, endpoint)) = found.filter(|_found| gate.admits_io()) else { return };
        at = next;
        let work = begin_close(&mut gate, endpoint, Work::Close);
        drop(gate);
        if let Ok(Work::Close(endpoint, closing, handle)) = work {
            let _result = close(device, endpoint, closing, handle, irql);
        }
    }
}

/// Whether the last handle of the request's file was closed.
fn is_closed(device: Device, irp: &Irp, irql: &mut AtMostDispatch) -> bool {
    let mut gate = device.gate.lock(irql);
    FileContext::of(irp).is_some_and(|context| context.state(&mut gate.file_states).is_closed())
}

/// The first endpoint from number `at` on whose streams are nobody's, and the number after it.
fn next_abandoned(configured: &Configured, at: usize) -> Option<(usize, u8)> {
    let pipes = configured.endpoints.iter().zip(&configured.pipes).enumerate().skip(at);
    for (index, (endpoint, pipe)) in pipes {
        if pipe.state.streams().is_some_and(|streams| streams.owner.is_none()) {
            return Some((index.saturating_add(1), endpoint.address));
        }
    }
    None
}

fn open(
    device: Device,
    (endpoint, opening): (u8, Opening<PipeHandle>),
    handle: HandleUse,
    owner: FileId,
    irql: &mut AtMostDispatch,
) -> Result<usize, Status> {
    let answer = irql.if_passive(|passive| {
        Sender::allocate(device, &handle, passive)?.open_streams(opening.endpoint(), opening.count(), passive)
    });
    let (handles, failure) = match answer.unwrap_or(Err(STATUS_INVALID_LEVEL)) {
        Ok(handles) => (Some(handles), STATUS_INVALID_DEVICE_STATE),
        Err(status) => (None, status),
    };
    let count = opening.count();
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    let streams = handles.map(|handles| Streams { handles, owner: Some(owner) });
    let is_open = end_open(gate, endpoint, opening, streams);
    gate.give_back(handle, device, irql);
    let length = usize::from(count).saturating_mul(StreamHandle::SIZE).saturating_add(CountReply::SIZE);
    if is_open { Ok(length) } else { Err(failure) }
}

fn end_open(gate: &mut Gate, endpoint: u8, opening: Opening<PipeHandle>, streams: Option<Streams>) -> bool {
    let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
    let is_open = pipe.is_some_and(|pipe| pipe.state.end_open(opening, streams));
    if !is_open {
        gate.files.streams_closed(endpoint);
    }
    is_open
}

fn close(
    device: Device,
    endpoint: u8,
    closing: Closing<PipeHandle, Streams>,
    handle: HandleUse,
    irql: &mut AtMostDispatch,
) -> Result<usize, Status> {
    let result = irql.if_passive(|passive| {
        bring_back(device, endpoint, passive)?;
        Sender::allocate(device, &handle, passive)?.close_streams(closing.endpoint(), passive)
    });
    let result = result.unwrap_or(Err(STATUS_INVALID_LEVEL));
    settle(device, endpoint, closing, result.is_ok(), handle, irql);
    result.map(|()| 0)
}

fn reset(
    device: Device,
    endpoint: u8,
    closing: Closing<PipeHandle, Streams>,
    handle: HandleUse,
    irql: &mut AtMostDispatch,
) -> Result<usize, Status> {
    let result = irql.if_passive(|passive| {
        bring_back(device, endpoint, passive)?;
        Sender::allocate(device, &handle, passive)?.reset_pipe(closing.endpoint(), passive)
    });
    settle(device, endpoint, closing, false, handle, irql);
    result.unwrap_or(Err(STATUS_INVALID_LEVEL)).map(|()| 0)
}

fn settle(
    device: Device,
    endpoint: u8,
    closing: Closing<PipeHandle, Streams>,
    is_closed: bool,
    handle: HandleUse,
    irql: &mut AtMostDispatch,
) {
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    end_close(gate, endpoint, closing, is_closed);
    gate.give_back(handle, device, irql);
}

/// Streams that are open after all have the owner that they had, unless its file was closed meanwhile.
fn restore_owner(gate: &mut Gate, endpoint: u8) {
    let owner = gate.recovery.stream_owner.take();
    let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
    if let Some(streams) = pipe.and_then(|pipe| pipe.state.streams_mut()) {
        streams.owner = owner;
    }
}

fn end_close(gate: &mut Gate, endpoint: u8, closing: Closing<PipeHandle, Streams>, is_closed: bool) {
    if let Some(pipe) = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint)) {
        pipe.state.end_close(closing, is_closed);
    }
    restore_owner(gate, endpoint);
    if is_closed {
        gate.files.streams_closed(endpoint);
    }
}

/// Cancels what waits for streams of an endpoint and what is in flight on them.
pub fn cancel_requests(device: Device, endpoint: u8, id: u8, cause: Cause, irql: &mut AtMostDispatch) {
    if id == 0 {
        cancel::fail_held(device, STATUS_CANCELLED, irql, |key, _file| key.wait.is_for_pipe(endpoint));
    }
    cancel::cancel_in_flight(device, cause, irql, |entry| {
        entry.endpoint == endpoint && entry.stream != 0 && (id == 0 || entry.stream == id)
    });
}

/// Cancels every stream's requests, and waits until they have come back.
fn bring_back(device: Device, endpoint: u8, passive: &mut Passive) -> Result<(), Status> {
    cancel_requests(device, endpoint, 0, Cause::Abort, passive);
    for _look in 0..LOOKS {
        let mut guard = device.gate.lock(passive);
        let (gate, irql) = guard.split();
        if !gate.slots.any(|entry| entry.endpoint == endpoint && entry.stream != 0) {
            return Ok(());
        }
        gate.expect_stream(&device.stream_over, irql);
        drop(guard);
        let _signalled = device.stream_over.wait_at_most(passive, PATIENCE_MS);
    }
    Err(STATUS_IO_TIMEOUT)
}
