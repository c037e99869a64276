//! What STOP does, and what leaving D0 shares with it.

use usbclient_core::{
    pnp::{GateCalls as _, StopCalls},
    recovery::Tasks,
};
use usbclient_protocol::status::Status;

use super::{expect_no_users, with_sender};
use crate::{
    cancel,
    gate::Gate,
    nt::{
        Nt,
        device::Device,
        irql::Passive,
        pnp,
        slot::{Cause, Pool},
        urb::PipeHandle,
    },
    reader,
};

/// How long requests that were called back may take, before they are called back again.
const RECALL_PATIENCE_MS: u32 = 50;
/// How often requests are called back before they are cancelled.
const RECALL_ROUNDS: u32 = 20;

impl StopCalls for Nt {
    fn recall_in_flight(device: Device, passive: &mut Passive) {
        device.gate.lock(passive).is_recalling = true;
        recall(device, passive);
        device.gate.lock(passive).is_recalling = false;
    }

    fn deconfigure(device: Device, passive: &mut Passive) {
        // The device may be gone: whatever it answers, nothing is done about it.
        let _result = with_sender(device, passive, |_handle, sender, passive| sender.unconfigure(passive));
    }

    fn drop_pipes(device: Device, passive: &mut Passive) {
        let mut gate = device.gate.lock(passive);
        let over = reader::keep(&mut gate);
        let configured = gate.configured.take();
        let mut slots = core::mem::replace(&mut gate.slots, Pool::new());
        gate.recovery.tasks = Tasks::NONE;
        gate.files.pipes_dropped();
        drop(gate);
        over.end(device, passive);
        drop(configured);
        // A timer's DPC may still be on its way to a slot whose request is over.
        pnp::flush_queued_dpcs(passive);
        slots.drain();
    }
}

/// Gets back what is in flight, and waits for it. New requests are held already.
pub fn recall(device: Device, passive: &mut Passive) {
    // No request aborts one stream, and the streams are gone after STOP.
    cancel::cancel_in_flight(device, Cause::Abort, passive, |entry| entry.stream != 0);
    for _round in 0..RECALL_ROUNDS {
        // A request that was admitted but not sent yet is met by the next round.
        if abort_busy_pipes(device, passive).is_err() || !expect_no_users(device, passive) {
            break;
        }
        if device.no_users.wait_at_most(passive, RECALL_PATIENCE_MS) {
            break;
        }
    }
    // What did not come back: the device does not obey, and the caller hears of it.
    Nt::cancel_in_flight(device, passive);
    Nt::wait_for_requests(device, passive);
}

/// Aborts every pipe that has a request in flight.
fn abort_busy_pipes(device: Device, passive: &mut Passive) -> Result<(), Status> {
    let mut at = 0;
    loop {
        // Not in the loop's condition: the lock would be held in its body.
        let busy = busy_pipe(&device.gate.lock(passive), at);
        let Some((next, pipe)) = busy else { return Ok(()) };
        with_sender(device, passive, |_handle, sender, passive| sender.abort_pipe(pipe, passive))?;
        at = next;
    }
}

/// The first pipe from number `at` on with a request in flight, and the number after it.
fn busy_pipe(gate: &Gate, at: usize) -> Option<(usize, PipeHandle)> {
    let configured = gate.configured.as_ref()?;
    let pipes = configured.endpoints.iter().zip(&configured.pipes).enumerate().skip(at);
    for (index, (endpoint, pipe)) in pipes {
        if gate.slots.any(|entry| entry.endpoint == endpoint.address && entry.stream == 0) {
            return Some((index.saturating_add(1), pipe.state.endpoint()));
        }
    }
    None
}
