//! Requests that end before their time: those that wait, and those in flight.

use usbclient_protocol::status::Status;

use crate::{
    nt::{
        device::Device,
        held::Key,
        irp::FileId,
        irql::AtMostDispatch,
        slot::{Cause, Cursor, Entry, Marked},
    },
    transfer::conclude,
};

/// Completes what waits and is accepted by `wanted`.
pub fn fail_held(
    device: Device,
    status: Status,
    irql: &mut AtMostDispatch,
    mut wanted: impl FnMut(Key, FileId) -> bool,
) {
    fail_each(device, status, irql, &mut wanted);
}

/// One routine for whatever is wanted: it is on no request's way.
fn fail_each(
    device: Device,
    status: Status,
    irql: &mut AtMostDispatch,
    wanted: &mut dyn FnMut(Key, FileId) -> bool,
) {
    loop {
        let mut guard = device.gate.lock(irql);
        let (gate, at_dispatch) = guard.split();
        let Some((pended, _key)) = gate.held.take(device, &mut *wanted) else { return };
        gate.watch_idleness(device, at_dispatch);
        drop(guard);
        pended.complete(status.nt(), 0);
    }
}

/// Cancels one request, and ends it if it is this canceller's to end.
pub fn cancel_marked(marked: Marked, irql: &mut AtMostDispatch) {
    let Some(slot) = marked.cancel(irql) else { return };
    if let Some(ended) = conclude(slot, irql) {
        ended.complete(irql);
    }
}

/// Cancels what is in flight and is accepted by `wanted`. Does not wait.
pub fn cancel_in_flight(
    device: Device,
    cause: Cause,
    irql: &mut AtMostDispatch,
    mut wanted: impl FnMut(&Entry) -> bool,
) {
    cancel_each(device, cause, irql, &mut wanted);
}

/// As above.
fn cancel_each(
    device: Device,
    cause: Cause,
    irql: &mut AtMostDispatch,
    wanted: &mut dyn FnMut(&Entry) -> bool,
) {
    // No slot is freed under the cursor.
    device.gate.lock(irql).count_user();
    let mut cursor = Cursor::new();
    loop {
        let marked = device.gate.lock(irql).slots.next_to_cancel(&mut cursor, cause, &mut *wanted);
        let Some(marked) = marked else { break };
        cancel_marked(marked, irql);
    }
    let mut guard = device.gate.lock(irql);
    let (gate, irql) = guard.split();
    gate.discount_user(device, irql);
}
