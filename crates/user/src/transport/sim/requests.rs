//! Requests in flight.

use std::{collections::BTreeMap, sync::Arc};

use ntsim::{
    kernel::io::user::{Handle, Outcome, RequestId, UserIo},
    machine::Machine,
};

use super::commands::gone;
use crate::{
    error::SystemCode,
    transport::{Ended, Parcel, Slot},
};

/// Why a machine does nothing any more.
pub(super) fn why_stopped(machine: &Machine) -> Arc<str> {
    let stop = machine.stopped().map(ToString::to_string).unwrap_or_default();
    format!("the simulated kernel has stopped: {stop}").into()
}

/// Requests that the machine has, by the slots that hear of their ends.
#[derive(Debug, Default)]
pub(super) struct Requests {
    in_flight: BTreeMap<usize, InFlight>,
    /// The ends that a look at all of them has found.
    ended: Vec<(usize, Outcome)>,
}

#[derive(Debug)]
struct InFlight {
    request: RequestId,
    slot: Arc<Slot>,
    parcel: Parcel,
}

impl Requests {
    pub(super) fn is_empty(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Sends a request down. The machine works on a copy of the buffers: the caller's come back with the slot.
    pub(super) fn start(&mut self, machine: &mut Machine, file: Handle, slot: Arc<Slot>, parcel: Parcel) {
        let output = parcel.data.get(..parcel.length).unwrap_or_default().to_vec();
        let io = UserIo::Control { code: parcel.code, input: parcel.input.clone(), output };
        match machine.submit(file, io) {
            Some(request) => {
                self.in_flight.insert(Arc::as_ptr(&slot).addr(), InFlight { request, slot, parcel });
            }
            None => slot.end(gone(parcel, why_stopped(machine))),
        }
    }

    pub(super) fn cancel(&self, machine: &mut Machine, slot: usize) {
        if let Some(one) = self.in_flight.get(&slot) {
            machine.cancel(one.request);
        }
    }

    /// Tells of the requests that have ended. False: of none.
    pub(super) fn collect(&mut self, machine: &mut Machine) -> bool {
        let outcomes = self
            .in_flight
            .iter()
            .filter_map(|(slot, one)| machine.outcome(one.request).map(|outcome| (*slot, outcome)));
        self.ended.extend(outcomes);
        let any = !self.ended.is_empty();
        for (slot, outcome) in self.ended.drain(..) {
            if let Some(InFlight { slot, mut parcel, .. }) = self.in_flight.remove(&slot) {
                parcel.data.iter_mut().zip(&outcome.output).for_each(|(to, from)| *to = *from);
                let moved = usize::try_from(outcome.information).unwrap_or(usize::MAX);
                slot.end(Ended { code: SystemCode::NtStatus(outcome.status.0), moved, parcel, why: None });
            }
        }
        any
    }

    /// Ends all of them: the machine will not.
    pub(super) fn give_up(&mut self, why: &Arc<str>) {
        for one in std::mem::take(&mut self.in_flight).into_values() {
            one.slot.end(gone(one.parcel, Arc::clone(why)));
        }
    }
}
