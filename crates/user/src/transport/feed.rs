//! A queue from a transport to whoever listens.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    time::Instant,
};

/// The end that listens. Dropping it ends the listening.
#[derive(Debug)]
pub struct Feed<T>(Arc<Shared<T>>);

/// The end that tells.
#[derive(Debug)]
pub struct Sender<T>(Weak<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    waker: Option<Waker>,
    /// Nothing will come any more.
    is_over: bool,
}

/// Both ends of a queue.
pub fn feed<T>() -> (Sender<T>, Feed<T>) {
    let state = Mutex::new(State { waiting: VecDeque::new(), waker: None, is_over: false });
    let shared = Arc::new(Shared { state, changed: Condvar::new() });
    (Sender(Arc::downgrade(&shared)), Feed(shared))
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, change: impl FnOnce(&mut State<T>)) {
        let waker = {
            let mut state = self.lock();
            change(&mut state);
            state.waker.take()
        };
        self.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Sender<T> {
    /// Tells; false: nobody listens any more.
    pub fn send(&self, value: T) -> bool {
        let Some(shared) = self.0.upgrade() else { return false };
        shared.tell(|state| state.waiting.push_back(value));
        true
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.tell(|state| state.is_over = true);
        }
    }
}

impl<T> Feed<T> {
    /// The next one. None: nothing came until `deadline`, or nothing will come any more.
    pub fn next(&self, deadline: Option<Instant>) -> Option<T> {
        let mut state = self.0.lock();
        loop {
            if let Some(value) = state.waiting.pop_front() {
                return Some(value);
            }
            if state.is_over {
                return None;
            }
            state = match deadline {
                None => self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.checked_duration_since(Instant::now())?;
                    self.0.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// The next one; none: nothing will come any more.
    pub fn poll_next(&self, context: &Context<'_>) -> Poll<Option<T>> {
        let mut state = self.0.lock();
        if let Some(value) = state.waiting.pop_front() {
            return Poll::Ready(Some(value));
        }
        if state.is_over {
            return Poll::Ready(None);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
