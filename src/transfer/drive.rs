//! Requests on their way: chunk after chunk, down and back.

use usbclient_core::transfer::Next;
use usbclient_protocol::status::STATUS_CANCELLED;

use super::end::{Ended, conclude};
use crate::{
    events,
    holding::send_held,
    nt::{
        device::Device,
        irql::AtMostDispatch,
        slot::{End, Linked, Sent, Slot, Work},
        urb::Format,
    },
    request,
};

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

/// The last chunk of a larger request is on its way: what waited for it may follow. No lock is taken if nothing did.
fn let_others_pass(device: Device, endpoint: u8, irql: &mut AtMostDispatch) {
    if device.turns.pass_on(endpoint) {
        send_held(device, irql);
    }
}
