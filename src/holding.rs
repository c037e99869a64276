//! Requests that waited, and are sent after all.

use usbclient_core::{dispatch::Pended, endpoint_set::EndpointSet};

use crate::{
    nt::{
        Nt,
        device::Device,
        held::{Key, Wait},
        irql::AtMostDispatch,
    },
    recovery::{self, Job},
    request::{self, Missing, Plan},
    streams,
    transfer::{complete_cancelled, drive, link, provide},
};

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
            Wait::Recovery => false,
            Wait::Pipe { endpoint, is_large } => {
                let pipe = configured.as_mut().and_then(|configured| configured.pipe(endpoint));
                overtaking.may_go(endpoint, pipe.is_none_or(|pipe| pipe.has_room(is_large)))
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

fn send_one(device: Device, mut pended: Pended<Nt>, key: Key, irql: &mut AtMostDispatch) {
    loop {
        let lacks;
        match place(device, pended, key, irql) {
            Placed::Done => return,
            Placed::Recover(pended, _job) => {
                recovery::enqueue(device, pended, key.sequence, irql);
                return;
            }
            Placed::Lacks(again, missing) => (pended, lacks) = (again, missing),
        }
        if let Err(status) = provide(device, lacks, pended.raw(), irql) {
            pended.complete(status.nt(), 0);
            return;
        }
    }
}

/// What became of a request that was held.
pub enum Placed {
    /// It is completed, held again, or on its way.
    Done,
    /// Something is missing.
    Lacks(Pended<Nt>, Missing),
    /// It is for the device's work item.
    Recover(Pended<Nt>, Job),
}

/// Carries out the plan for a request that was held.
pub fn place(device: Device, mut pended: Pended<Nt>, key: Key, irql: &mut AtMostDispatch) -> Placed {
    let mut gate = device.gate.lock(irql);
    match request::plan(&mut gate, pended.raw(), key.sequence) {
        Plan::Complete(status, information) => {
            drop(gate);
            pended.complete(status, information);
        }
        Plan::Wait(wait) => {
            let refused = gate.held.insert(pended, Key { wait, sequence: key.sequence });
            drop(gate);
            complete_cancelled(refused);
        }
        Plan::Send(ready) => {
            let slot = link(&mut gate, device, ready, pended, key.sequence);
            drop(gate);
            drive(slot, irql);
        }
        Plan::Streams(work) => {
            drop(gate);
            let (status, information) = streams::run(device, work, pended.raw(), irql);
            pended.complete(status, information);
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
