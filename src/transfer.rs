//! The data path: a request from its admission to its end.
//!
//! ```text
//! DEVICE_CONTROL -> admit (under the lock) -> completed at once
//!                                          -> held
//!                                          -> linked -> drive -> the lower driver
//! completion     -> came_back -> next chunk: drive
//!                             -> finish -> conclude (under the lock) -> completed upwards
//!                                       -> a canceller concludes it
//! ```
//!
//! The caller's own IRP goes down with the URB; the data is not copied; nothing is allocated once the
//! pool has as many slots as there are requests at a time.

use usbclient_core::{
    dispatch::{Disposition, Fdo, Irp as CoreIrp, IrpCalls as _, Pended},
    timeout::Deadline,
    transfer::Next,
};
use usbclient_protocol::status::{
    NtStatus, STATUS_CANCELLED, STATUS_DEVICE_NOT_CONNECTED, STATUS_IO_TIMEOUT, STATUS_SUCCESS, Status,
};

use crate::{
    cancel::fail_held,
    events,
    gate::{Configured, Gate},
    holding::{deadline, hold, send_held},
    nt::{
        Nt,
        bounce::Bounce,
        device::Device,
        held::{Key, Wait},
        irp::Irp,
        irql::AtMostDispatch,
        slot::{Cause, End, Entry, Linked, NewSlot, Origin, Sent, Slot, Work},
        urb::Format,
        usbd::HandleUse,
    },
    power::policy,
    reader, recovery,
    request::{self, Missing, Plan, Ready},
    stall, streams,
};

/// `IRP_MJ_DEVICE_CONTROL`. IRQL: `DISPATCH_LEVEL` or below.
pub fn device_control<'d>(
    fdo: &Fdo<'d, Nt>,
    mut irp: CoreIrp<'d, Nt>,
    irql: &mut AtMostDispatch,
) -> Disposition<'d> {
    let Ok(guard) = fdo.acquire(&irp) else {
        // The lock's own status would reach user mode as "access denied".
        return irp.refuse(STATUS_DEVICE_NOT_CONNECTED);
    };
    let device = fdo.device();
    loop {
        let mut gate = device.gate.lock(irql);
        let sequence = gate.next_sequence();
        match request::plan(&mut gate, &device.turns, irp.raw(), sequence) {
            Plan::Complete(status, information) => {
                if gate.has_power_job() || gate.needs_idle_timer() {
                    policy::run(device);
                }
                drop(gate);
                return irp.complete(guard, status, information);
            }
            Plan::Wait(wait) => {
                // Marked pending under the lock of the queue, before anybody can take it out.
                let timeout = request::timeout(&mut gate, irp.raw());
                let key = Key { wait, sequence, deadline: deadline(timeout) };
                let (pended, disposition) = irp.pend(guard);
                let (content, at_dispatch) = gate.split();
                let refused = hold(content, device, pended, key, at_dispatch);
                if gate.has_power_job() {
                    // Under the lock: without it the request may be over, and the device with it.
                    policy::run(device);
                }
                drop(gate);
                complete_cancelled(refused);
                return disposition;
            }
            Plan::Recover(_job) => {
                // Decided anew when its turn comes.
                let (pended, disposition) = irp.pend(guard);
                let refused = gate
                    .held
                    .insert(pended, Key { wait: Wait::Recovery, sequence, deadline: Deadline::NEVER });
                let claim = recovery::claim(&mut gate);
                drop(gate);
                complete_cancelled(refused);
                recovery::start(device, claim, irql);
                return disposition;
            }
            Plan::Send(mut ready) => {
                let aborted = ready.slot.aborts();
                let (pended, disposition) = irp.pend(guard);
                let (content, at_dispatch) = gate.split();
                let slot = link(content, ready, pended, sequence, at_dispatch);
                let wakes = gate.has_power_job();
                drop(gate);
                if wakes {
                    // The device is not idle any more.
                    policy::run(device);
                }
                if let Some(aborted) = aborted {
                    reader::stop(device, irql, |endpoint, _file| endpoint == aborted);
                    // What waits for the pipe is aborted too, and must not follow.
                    fail_held(device, STATUS_CANCELLED, irql, |key, _file| key.wait.is_for_pipe(aborted));
                }
                start(slot, sequence, irql);
                return disposition;
            }
            Plan::Change(change, status, information) => {
                if gate.has_power_job() || gate.needs_idle_timer() {
                    policy::run(device);
                }
                drop(gate);
                events::changed(device, change, status);
                return irp.complete(guard, status, information);
            }
            Plan::FromRing { endpoint, status, information } => {
                drop(gate);
                reader::pump(device, endpoint, irql);
                return irp.complete(guard, status, information);
            }
            Plan::StartReader { endpoint, reading } => {
                drop(gate);
                let result = reader::start(device, irp.raw(), endpoint, reading, irql);
                return irp.complete(guard, result.map_or_else(Status::nt, |()| STATUS_SUCCESS), 0);
            }
            Plan::StopReader { endpoint } => {
                let key = Key { wait: Wait::ReaderEnd { endpoint }, sequence, deadline: Deadline::NEVER };
                let (pended, disposition) = irp.pend(guard);
                let refused = gate.held.insert(pended, key);
                drop(gate);
                complete_cancelled(refused);
                reader::stop(device, irql, |other, _file| other == endpoint);
                return disposition;
            }
            Plan::Streams(work) => {
                drop(gate);
                let (status, information) = streams::run(device, work, irp.raw(), irql);
                return irp.complete(guard, status, information);
            }
            Plan::Missing(missing) => {
                drop(gate);
                if let Err(status) = provide(device, missing, irp.raw(), irql) {
                    return irp.complete(guard, status.nt(), 0);
                }
            }
        }
    }
}

/// Completes a request that the queue gave back because it was cancelled already. Not under the lock.
pub fn complete_cancelled(refused: Result<(), Pended<Nt>>) {
    if let Err(pended) = refused {
        pended.complete(STATUS_CANCELLED.nt(), 0);
    }
}

pub fn link(
    gate: &mut Gate,
    ready: Ready,
    mut pended: Pended<Nt>,
    sequence: u64,
    irql: &AtMostDispatch,
) -> Slot<Linked> {
    let Ready { slot, timeout } = ready;
    let file = pended.raw().file();
    gate.slots.link(slot, pended, Origin { file, sequence }, timeout, irql)
}

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

/// Sends a request that was linked. Not under the lock.
pub fn start(mut slot: Slot<Linked>, sequence: u64, irql: &mut AtMostDispatch) {
    let request = slot.request();
    events::transfer_started(request.device, sequence, request.endpoint, request.chunks.total());
    drive(slot, irql);
}

/// Sends a request's current chunk, and goes on as long as chunks come back at once.
pub fn drive(mut slot: Slot<Linked>, irql: &mut AtMostDispatch) {
    loop {
        let request = slot.request();
        let chunk = request.chunks.current();
        let (device, endpoint) = (request.device, request.endpoint);
        let is_last_of_many =
            request.partial.is_some() && request.chunks.is_last() && !request.chunks.keeps_pipe();
        let others_may_pass = |irql: &mut AtMostDispatch| {
            if is_last_of_many {
                let_others_pass(device, endpoint, irql);
            }
        };
        match slot.send(chunk, others_may_pass, irql) {
            Sent::Away => return,
            Sent::Back(back) => slot = back,
        }
        if let Some(end) = next(&mut slot) {
            if let Some(ended) = finish(slot, end, irql) {
                ended.complete(irql);
            }
            return;
        }
    }
}

/// The completion routine has a request that nobody else goes on with. Answers what it can let go on
/// upwards.
pub fn came_back(mut slot: Slot<Linked>, irql: &mut AtMostDispatch) -> Option<Ended> {
    if let Some(end) = next(&mut slot) {
        return finish(slot, end, irql);
    }
    drive(slot, irql);
    None
}

/// Looks at what came back. `None`: the next chunk is to be sent.
fn next(slot: &mut Slot<Linked>) -> Option<End> {
    // A request that is back has its IRP.
    const LOST: End = End { status: STATUS_CANCELLED.nt(), information: 0 };
    let irp_status = slot.request().pended.as_mut().map(|pended| pended.raw().status());
    let Some(irp_status) = irp_status else { return Some(LOST) };
    if let Some(end) = slot.isoch_end(irp_status) {
        return Some(end);
    }
    let frame_number = slot.frame_number();
    let (status, moved) = (slot.status(irp_status), slot.transferred(irp_status));
    let request = slot.request();
    let Some(pended) = request.pended.as_mut() else { return Some(LOST) };
    let irp = pended.raw();
    if matches!(request.work, Work::Fixed(Format::FrameNumber)) {
        return Some(request::reply_frame_number(irp, status, frame_number));
    }
    if let Some(bounce) = &mut request.bounce
        && let Some(bounced) = request.chunks.bounced(moved)
    {
        bounce.arrived(&bounced);
    }
    let end = match request.chunks.completed(status, moved) {
        Next::Done { status, information } => End { status, information },
        // Whoever cancelled between two chunks met no cancel routine.
        Next::Send(_) if irp.is_cancelled() => {
            End { status: STATUS_CANCELLED.nt(), information: request.chunks.done() }
        }
        Next::Send(_) => return None,
    };
    if let Some(bounce) = &mut request.bounce {
        bounce.give(irp, request.front, request.keeps_left_over);
    }
    Some(end)
}

/// The request is over, unless a canceller has it: that one concludes it then.
fn finish(mut slot: Slot<Linked>, end: End, irql: &mut AtMostDispatch) -> Option<Ended> {
    slot.request().end = Some(end);
    conclude(slot.over()?, irql)
}

/// A request that is unlinked, with its IRP and the IRP's hold of the remove lock.
#[must_use = "an IRP must be completed"]
pub struct Ended {
    pended: Pended<Nt>,
    status: NtStatus,
    information: usize,
    sends_held: bool,
    /// For event tracing.
    sequence: u64,
    endpoint: u8,
    usbd_status: i32,
}

impl Ended {
    fn tell(&self) {
        let &Self { ref pended, status, information, sequence, endpoint, usbd_status, .. } = self;
        events::transfer_ended(pended.device(), sequence, endpoint, information, status, usbd_status);
    }

    /// Completes the IRP, then releases the remove lock.
    pub fn complete(self, irql: &mut AtMostDispatch) {
        self.tell();
        let (irp, device, tag) = self.pended.into_parts();
        Nt::complete(irp, self.status, self.information);
        if self.sends_held {
            send_held(device, irql);
        }
        Nt::release_remove_lock(device, tag);
    }

    /// In the completion routine: the IRP goes on upwards when the routine returns.
    pub fn let_go_on(self, irql: &mut AtMostDispatch) {
        self.tell();
        let (mut irp, device, tag) = self.pended.into_parts();
        irp.set_status_block(self.status, self.information);
        if self.sends_held {
            send_held(device, irql);
        }
        Nt::release_remove_lock(device, tag);
    }
}

/// Takes a request that is over out of the list. `None`: it was called back, and is held again.
pub fn conclude(mut slot: Slot<Linked>, irql: &mut AtMostDispatch) -> Option<Ended> {
    let usbd_status = slot.usbd_status();
    let request = slot.request();
    let device = request.device;
    if let Some(partial) = &mut request.partial {
        // The pages are unlocked when the IRP completes: nothing may map them any more.
        partial.prepare_for_reuse(irql);
    }
    let mut guard = device.gate.lock(irql);
    let (gate, at_dispatch) = guard.split();
    gate.release_pipe(request);
    let (mut pended, handle, end) = (request.pended.take()?, request.handle.take()?, request.end.take()?);
    let (endpoint, may_go_again, read) = (request.endpoint, may_go_again(&request.work), request.read.take());
    let entry = gate.slots.unlink(slot, at_dispatch)?;
    if let Some(read) = read {
        if gate.recovery.is_awaited {
            device.quiet.set(at_dispatch);
        }
        reader::returned(gate, read, end, &entry, usbd_status);
        drop(guard);
        reader::go_on(device, endpoint, handle, irql);
        return None;
    }
    if entry.stream != 0 {
        gate.stream_is_over(&device.stream_over, at_dispatch);
    }
    if gate.recovery.is_awaited {
        device.quiet.set(at_dispatch);
    }
    let sequence = entry.sequence;
    let placed = if gate.is_recalling_any() && may_go_again && is_called_back(pended.raw(), end, &entry) {
        // A stop starts the clock anew: what is left of the time is not known here.
        let deadline = deadline(request::timeout(gate, pended.raw()));
        let key = Key { wait: Wait::Device, sequence, deadline };
        // Refused: cancelled by the caller meanwhile.
        let held = hold(gate, device, pended, key, at_dispatch);
        held.map(|()| None).map_err(|pended| (pended, STATUS_CANCELLED.nt()))
    } else if stall::is_cleared(gate, &entry, end, usbd_status) {
        let held = stall::hold(gate, pended, end, &entry);
        held.map(|()| recovery::claim(gate)).map_err(|pended| (pended, end.status))
    } else {
        let status = as_seen_above(gate, pended.raw(), end.status, &entry);
        Err((pended, status))
    };
    let information = end.information as usize;
    let (pended, status) = match placed {
        Err(back) => back,
        Ok(claim) => {
            drop(guard);
            // The IRP may be over at any time. Its use of the handle keeps the device until here.
            events::transfer_ended(device, sequence, endpoint, information, end.status, usbd_status);
            let mut guard = device.gate.lock(irql);
            let (gate, at_dispatch) = guard.split();
            gate.give_back(handle, device, at_dispatch);
            drop(guard);
            recovery::start(device, claim, irql);
            return None;
        }
    };
    gate.give_back(handle, device, at_dispatch);
    let sends_held = gate.has_work();
    Some(Ended { pended, status, information, sends_held, sequence, endpoint, usbd_status })
}

/// An isochronous transfer is not sent again: its time has passed.
const fn may_go_again(work: &Work) -> bool {
    matches!(work, Work::Fixed(Format::Pipe { .. } | Format::Control { .. }))
}

/// Whether a request came back because this driver called it back, with nothing moved.
fn is_called_back(irp: &Irp, end: End, entry: &Entry) -> bool {
    end.status == STATUS_CANCELLED.nt()
        && end.information == 0
        && entry.cause.is_none()
        && !irp.is_cancelled()
}

/// Once the device is gone every request ends alike, except data that arrived and what the caller
/// itself had cancelled. Before that, a request that this driver cancelled because of its time says so.
fn as_seen_above(gate: &Gate, irp: &Irp, status: NtStatus, entry: &Entry) -> NtStatus {
    let Some(gone) = gate.machine.overriding_status() else {
        let timed_out = status == STATUS_CANCELLED.nt() && entry.cause == Some(Cause::Timeout);
        return if timed_out { STATUS_IO_TIMEOUT.nt() } else { status };
    };
    let caller_asked = status == STATUS_CANCELLED.nt() && irp.is_cancelled() && entry.cause.is_none();
    if status.is_success() || caller_asked { status } else { gone.nt() }
}

/// The last chunk of a larger request is on its way: what waited for it may follow. No lock is taken if nothing did.
fn let_others_pass(device: Device, endpoint: u8, irql: &mut AtMostDispatch) {
    if device.turns.pass_on(endpoint) {
        send_held(device, irql);
    }
}
