//! The transfers that wait on one endpoint.

use alloc::collections::VecDeque;

use crate::{
    Completion, Status, Time, Transfer, TransferId,
    descriptor::Endpoint,
    fallible::{self, OutOfMemory},
};

/// A transfer in the queue.
#[derive(Clone, Copy, Debug)]
pub struct Queued {
    pub transfer: Transfer,
    /// Bytes that went by already.
    pub moved: u32,
    /// The packet that goes by next, of an isochronous transfer.
    pub next: u32,
    /// When it was submitted.
    pub since: Time,
}

/// An endpoint and what waits on it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Queue {
    pub endpoint: Endpoint,
    /// Part of the present configuration and alternate settings.
    pub active: bool,
    /// Answers STALL until it is reset.
    pub halted: bool,
    /// A stream of an endpoint that has answered STALL: the host asks it no more before a reset.
    pub stopped: bool,
    /// Answers NAK for as long as this is on.
    pub nak: bool,
    /// Something happened to the endpoint at this time; nothing goes by earlier.
    pub not_before: Time,
    waiting: VecDeque<Queued>,
}

impl Queue {
    pub const fn new(endpoint: Endpoint, active: bool) -> Self {
        let waiting = VecDeque::new();
        Self { endpoint, active, halted: false, stopped: false, nak: false, not_before: Time(0), waiting }
    }

    /// A stream of an endpoint.
    pub fn stream(base: &Self, stream: u16) -> Self {
        let new = Self::new(Endpoint { stream, ..base.endpoint }, true);
        let Self { not_before, nak, halted, stopped, .. } = *base;
        Self { halted, stopped, nak, not_before, ..new }
    }

    /// Whether this is an endpoint in use, or a stream of one.
    pub const fn is(&self, address: u8, stream: u16) -> bool {
        self.active && self.endpoint.address == address && self.endpoint.stream == stream
    }

    /// Begins anew, as after a change of configuration.
    pub const fn restart(&mut self, active: bool, now: Time) {
        self.active = active;
        self.halted = false;
        self.stopped = false;
        self.nak = false;
        self.not_before = now;
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn push(&mut self, queued: Queued) -> Result<(), OutOfMemory> {
        fallible::push_back(&mut self.waiting, queued)
    }

    pub fn front(&self) -> Option<&Queued> {
        self.waiting.front()
    }

    pub fn front_mut(&mut self) -> Option<&mut Queued> {
        self.waiting.front_mut()
    }

    pub fn holds(&self, id: TransferId) -> bool {
        self.waiting.iter().any(|queued| queued.transfer.id == id)
    }

    pub fn remove(&mut self, id: TransferId) -> Option<Queued> {
        let position = self.waiting.iter().position(|queued| queued.transfer.id == id)?;
        self.waiting.remove(position)
    }

    /// Ends everything that waits. `ended` has room: it was reserved when each transfer came.
    pub fn flush(&mut self, now: Time, ended: &mut VecDeque<Completion>) {
        for Queued { transfer, moved, .. } in self.waiting.drain(..) {
            ended.push_back(super::ended(transfer.id, Status::Gone, moved, now));
        }
    }
}
