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

mod drive;
mod end;
mod provide;

use usbclient_core::{
    dispatch::{Disposition, Fdo, Irp as CoreIrp, Pended},
    timeout::Deadline,
};
use usbclient_protocol::status::{STATUS_CANCELLED, STATUS_DEVICE_NOT_CONNECTED, STATUS_SUCCESS, Status};

pub use self::{
    drive::{came_back, drive, start},
    end::conclude,
    provide::{add_isoch_slot, add_slot, provide},
};
use crate::{
    cancel::fail_held,
    events,
    gate::Gate,
    holding::{deadline, hold},
    nt::{
        Nt,
        held::{Key, Wait},
        irql::AtMostDispatch,
        slot::{Linked, Origin, Slot},
    },
    power::policy,
    reader, recovery,
    request::{self, Plan, Ready},
    streams,
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
