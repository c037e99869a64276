//! Requests that are back: over, or held to be sent again, or until their pipe is reset.

use usbclient_core::dispatch::{IrpCalls as _, Pended};
use usbclient_protocol::status::{NtStatus, STATUS_CANCELLED, STATUS_IO_TIMEOUT};

use crate::{
    events,
    gate::Gate,
    holding::{deadline, hold, send_held},
    nt::{
        Nt,
        held::{Key, Wait},
        irp::Irp,
        irql::AtMostDispatch,
        slot::{Cause, End, Entry, Linked, Slot, Work},
        urb::Format,
    },
    reader, recovery, request, stall,
};

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
