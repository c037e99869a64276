//! Requests that waited, and are sent after all.

use usbclient_core::{
    dispatch::Pended,
    endpoint_set::EndpointSet,
    timeout::{Deadline, Timeout},
};
use usbclient_protocol::status::{STATUS_IO_TIMEOUT, STATUS_SUCCESS, Status};

use crate::{
    events,
    gate::Gate,
    nt::{
        Nt,
        device::Device,
        held::{Key, Wait},
        irql::AtMostDispatch,
        timer,
    },
    reader,
    recovery::{self, Job},
    request::{self, Missing, Plan},
    streams,
    transfer::{complete_cancelled, link, provide, start},
};

/// When a request is given up that arrives now and may take so long.
pub fn deadline(timeout: Option<Timeout>) -> Deadline {
    timeout.map_or(Deadline::NEVER, |timeout| Deadline::after(timer::now(), timeout))
}

/// Makes a request wait, and the timer expire in time for it.
///
/// # Errors
///
/// Gives the request back if it was cancelled before it could wait.
pub fn hold(
    gate: &mut Gate,
    device: Device,
    pended: Pended<Nt>,
    key: Key,
    irql: &AtMostDispatch,
) -> Result<(), Pended<Nt>> {
    gate.held.insert(pended, key)?;
    if key.deadline < gate.held_alarm {
        gate.held_alarm = key.deadline;
        device.held_timer.set(key.deadline.relative(timer::now()), irql);
    }
    Ok(())
}

/// The timer for requests that wait has expired: ends those whose time is over, and sets it for the next.
pub fn give_up_late(device: Device, irql: &mut AtMostDispatch) {
    loop {
        let mut guard = device.gate.lock(irql);
        let (gate, at_dispatch) = guard.split();
        let now = timer::now();
        let Some((pended, _key)) = gate.held.take(device, |key, _file| key.deadline.is_past(now)) else {
            gate.held_alarm = gate.held.first_deadline();
            if !gate.held_alarm.is_never() {
                device.held_timer.set(gate.held_alarm.relative(now), at_dispatch);
            }
            return;
        };
        gate.watch_idleness(device, at_dispatch);
        drop(guard);
        pended.complete(STATUS_IO_TIMEOUT.nt(), 0);
    }
}

/// Sends what waits, in order, as long as there is something that may go.
pub fn send_held(device: Device, irql: &mut AtMostDispatch) {
    let mut gate = device.gate.lock(irql);
    if !gate.has_work() {
        return;
    }
    gate.is_sending_held = true;
    drop(gate);
    while let Some((pended, key)) = take_sendable(device, irql) {
        send_one(device, pended, key, irql);
    }
}

/// The first held request whose pipe is free. `None`: there is none, and this was the last look.
fn take_sendable(device: Device, irql: &mut AtMostDispatch) -> Option<(Pended<Nt>, Key)> {
    let mut guard = device.gate.lock(irql);
    let gate = &mut *guard;
    let taken = if gate.admits_io() {
        let (configured, mut overtaking) = (&mut gate.configured, Overtaking::default());
        gate.held.take(device, |key, _file| match key.wait {
            Wait::Device => true,
            Wait::Recovery | Wait::Halt { .. } => false,
            Wait::Ring { endpoint } | Wait::ReaderEnd { endpoint } => {
                let pipe = configured.as_mut().and_then(|configured| configured.pipe(endpoint));
                overtaking.may_go(endpoint, pipe.is_none_or(|pipe| pipe.reader.is_none()))
            }
            Wait::Pipe { endpoint, is_large } => {
                let pipe = configured.as_mut().and_then(|configured| configured.pipe(endpoint));
                let has_room = pipe.is_none_or(|pipe| pipe.has_room(is_large));
                overtaking.may_go(endpoint, has_room && !device.turns.must_wait(endpoint))
            }
        })
    } else {
        None
    };
    gate.is_sending_held = taken.is_some();
    taken
}

/// Keeps requests of one pipe in order: none goes before an earlier one that has to wait.
#[derive(Default)]
struct Overtaking {
    waiting: EndpointSet,
}

impl Overtaking {
    const fn may_go(&mut self, endpoint: u8, has_room: bool) -> bool {
        if !has_room {
            self.waiting.insert(endpoint);
        }
        !self.waiting.contains(endpoint)
    }
}

fn send_one(device: Device, pended: Pended<Nt>, key: Key, irql: &mut AtMostDispatch) {
    if let Some((pended, _job)) = carry_on(device, pended, key, irql) {
        recovery::enqueue(device, pended, key.sequence, irql);
    }
}

/// Goes on with a request that was held, and provides what it lacks. What it gives back is for the device's work item.
pub fn carry_on(
    device: Device,
    mut pended: Pended<Nt>,
    key: Key,
    irql: &mut AtMostDispatch,
) -> Option<(Pended<Nt>, Job)> {
    loop {
        let lacks;
        match place(device, pended, key, irql) {
            Placed::Done => return None,
            Placed::Recover(pended, job) => return Some((pended, job)),
            Placed::Lacks(again, missing) => (pended, lacks) = (again, missing),
        }
        if let Err(status) = provide(device, lacks, pended.raw(), irql) {
            pended.complete(status.nt(), 0);
            return None;
        }
    }
}

/// What became of a request that was held.
enum Placed {
    /// It is completed, held again, or on its way.
    Done,
    /// Something is missing.
    Lacks(Pended<Nt>, Missing),
    /// It is for the device's work item.
    Recover(Pended<Nt>, Job),
}

/// Carries out the plan for a request that was held.
fn place(device: Device, mut pended: Pended<Nt>, key: Key, irql: &mut AtMostDispatch) -> Placed {
    let mut gate = device.gate.lock(irql);
    match request::plan(&mut gate, &device.turns, pended.raw(), key.sequence) {
        Plan::Complete(status, information) => {
            let (content, at_dispatch) = gate.split();
            content.watch_idleness(device, at_dispatch);
            drop(gate);
            pended.complete(status, information);
        }
        Plan::Change(change, status, information) => {
            drop(gate);
            events::changed(device, change, status);
            pended.complete(status, information);
        }
        Plan::Wait(wait) => {
            let (content, at_dispatch) = gate.split();
            let refused = hold(content, device, pended, Key { wait, ..key }, at_dispatch);
            drop(gate);
            complete_cancelled(refused);
        }
        Plan::Send(mut ready) => {
            if !key.deadline.is_never() {
                ready.shorten(key.deadline.left(timer::now()));
            }
            let (content, at_dispatch) = gate.split();
            let slot = link(content, ready, pended, key.sequence, at_dispatch);
            drop(gate);
            start(slot, key.sequence, irql);
        }
        Plan::Streams(work) => {
            drop(gate);
            let (status, information) = streams::run(device, work, pended.raw(), irql);
            pended.complete(status, information);
        }
        Plan::FromRing { endpoint, status, information } => {
            let (content, at_dispatch) = gate.split();
            content.watch_idleness(device, at_dispatch);
            drop(gate);
            reader::pump(device, endpoint, irql);
            pended.complete(status, information);
        }
        Plan::StartReader { endpoint, reading } => {
            drop(gate);
            let result = reader::start(device, pended.raw(), endpoint, reading, irql);
            pended.complete(result.map_or_else(Status::nt, |()| STATUS_SUCCESS), 0);
        }
        Plan::StopReader { endpoint } => {
            let refused = gate.held.insert(pended, Key { wait: Wait::ReaderEnd { endpoint }, ..key });
            drop(gate);
            complete_cancelled(refused);
            reader::stop(device, irql, |other, _file| other == endpoint);
        }
        Plan::Missing(missing) => {
            drop(gate);
            return Placed::Lacks(pended, missing);
        }
        Plan::Recover(job) => {
            drop(gate);
            return Placed::Recover(pended, job);
        }
    }
    Placed::Done
}
