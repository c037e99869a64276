//! The place where a request's end is told.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Instant,
};

use super::Parcel;
use crate::error::SystemCode;

/// How a request ended.
#[derive(Debug)]
pub struct Ended {
    /// The final NTSTATUS, or why it could not be started.
    pub code: SystemCode,
    /// Bytes moved.
    pub moved: usize,
    /// The request's buffers, back.
    pub parcel: Parcel,
    /// What the transport has to say about it.
    pub why: Option<Arc<str>>,
}

/// One request at a time: idle, in flight, ended; and idle again when its end was taken.
#[derive(Debug, Default)]
pub struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    waker: Option<Waker>,
    /// No request is to be started any more.
    is_over: bool,
}

#[derive(Debug, Default)]
enum Phase {
    #[default]
    Idle,
    /// With the number that the transport has given it, zero before that.
    InFlight(usize),
    Ended(Ended),
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; and if it did, the state would be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The transport begins: the slot is in flight, under a number of the transport's.
    pub fn begin(&self, number: usize) {
        self.lock().phase = Phase::InFlight(number);
    }

    /// The transport is done.
    pub fn end(&self, ended: Ended) {
        let waker = {
            let mut state = self.lock();
            state.phase = Phase::Ended(ended);
            state.waker.take()
        };
        self.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Calls `act` with the number of the request if it is in flight. It does not end meanwhile.
    pub fn while_in_flight(&self, act: impl FnOnce(usize)) {
        if let Phase::InFlight(number) = self.lock().phase {
            act(number);
        }
    }

    /// Whether a request is in flight.
    pub fn is_in_flight(&self) -> bool {
        matches!(self.lock().phase, Phase::InFlight(_))
    }

    /// Lets no request start any more: whoever sends several is at the end.
    pub fn close(&self) {
        self.lock().is_over = true;
    }

    /// Whether no request is to be started any more.
    pub fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Takes the end, if it is there.
    pub fn take(&self) -> Option<Ended> {
        self.lock().take()
    }

    /// Takes the end, or asks to be woken.
    pub fn poll(&self, context: &Context<'_>) -> Poll<Ended> {
        let mut state = self.lock();
        if let Some(ended) = state.take() {
            return Poll::Ready(ended);
        }
        if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            state.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }

    /// Waits until nothing is in flight, or until `deadline`. False: it is still in flight.
    pub fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.lock();
        while let Phase::InFlight(_) = state.phase {
            state = match deadline {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let Some(left) = deadline.checked_duration_since(Instant::now()) else { return false };
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        drop(state);
        true
    }
}

impl State {
    fn take(&mut self) -> Option<Ended> {
        if !matches!(self.phase, Phase::Ended(_)) {
            return None;
        }
        self.waker = None;
        match std::mem::take(&mut self.phase) {
            Phase::Ended(ended) => Some(ended),
            _ => None,
        }
    }
}
