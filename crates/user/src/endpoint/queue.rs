//! Transfers in order: submitted, in flight, ended.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use crate::transport::{Channel, Ended, Parcel, Slot};

/// The transfers of one endpoint or stream. Slots and request structures are used again.
#[derive(Debug)]
pub(super) struct Queue {
    channel: Arc<dyn Channel>,
    pending: VecDeque<Arc<Slot>>,
    spare: Vec<(Arc<Slot>, Vec<u8>)>,
}

impl Queue {
    pub(super) const fn new(channel: Arc<dyn Channel>) -> Self {
        Self { channel, pending: VecDeque::new(), spare: Vec::new() }
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Starts a transfer; `write` writes the request's structure.
    pub(super) fn submit(
        &mut self,
        code: u32,
        write: impl FnOnce(&mut Vec<u8>),
        (data, length): (Vec<u8>, usize),
    ) {
        let (slot, mut input) = self.spare.pop().unwrap_or_default();
        input.clear();
        write(&mut input);
        self.channel.start(&slot, Parcel { code, input, data, length });
        self.pending.push_back(slot);
    }

    /// The end of the oldest. None: nothing is pending.
    pub(super) fn poll_next(&mut self, context: &Context<'_>) -> Poll<Option<Ended>> {
        let Some(first) = self.pending.front() else { return Poll::Ready(None) };
        first.poll(context).map(|ended| Some(self.taken(ended)))
    }

    /// Waits for the end of the oldest. None: nothing is pending, or it is still in flight at the deadline.
    pub(super) fn wait_next(&mut self, deadline: Option<Instant>) -> Option<Ended> {
        let first = self.pending.front()?;
        if !first.wait(deadline) {
            return None;
        }
        let ended = first.take()?;
        Some(self.taken(ended))
    }

    fn taken(&mut self, mut ended: Ended) -> Ended {
        if let Some(slot) = self.pending.pop_front() {
            self.spare.push((slot, std::mem::take(&mut ended.parcel.input)));
        }
        ended
    }

    /// From the back: what follows a transfer that is cancelled must not move.
    pub(super) fn cancel_all(&self) {
        self.pending.iter().rev().for_each(|slot| self.channel.cancel(slot));
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.cancel_all();
    }
}
