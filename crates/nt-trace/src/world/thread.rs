//! Threads: the callbacks on them and the spin locks they hold.

use super::Frame;
use crate::event::{Actor, Event, EventKind, SpinLockForm};
use crate::object::ObjectId;

/// A spin lock that a thread holds.
#[derive(Clone, Copy, Debug)]
pub struct HeldLock {
    /// The lock.
    pub lock: ObjectId,
    /// How it was taken.
    pub form: SpinLockForm,
    /// When, by `seq`.
    pub acquired: u64,
}

/// What the trace said about a thread.
#[derive(Clone, Debug, Default)]
pub struct Thread {
    /// Callbacks of the driver, the innermost last.
    pub frames: Vec<Frame>,
    /// Spin locks held by the driver, the newest last.
    pub locks: Vec<HeldLock>,
    /// In what the inline routines of a lookaside list call when the list is empty or full.
    pub in_lookaside: bool,
}

/// What such routines are called in a trace.
const LOOKASIDE: &str = "LookasideList";

/// Whether an event changes a thread's own state.
pub(super) fn concerns(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::SpinLockAcquired(_) | EventKind::SpinLockReleased(_) | EventKind::EventSignalled(_)
    ) || lookaside(kind).is_some()
}

/// Whether such a routine begins or ends.
fn lookaside(kind: &EventKind) -> Option<bool> {
    match kind {
        EventKind::Call(call) if call.routine.starts_with(LOOKASIDE) => Some(true),
        EventKind::Return(back) if back.routine.starts_with(LOOKASIDE) => Some(false),
        _ => None,
    }
}

impl Thread {
    /// Nothing to remember of it.
    pub(super) const fn is_idle(&self) -> bool {
        self.frames.is_empty() && self.locks.is_empty() && !self.in_lookaside
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match &event.kind {
            EventKind::SpinLockAcquired(taken) => {
                self.locks.push(HeldLock { lock: taken.lock, form: taken.form, acquired: event.seq });
            }
            EventKind::SpinLockReleased(released) => {
                if let Some(at) = self.locks.iter().rposition(|held| held.lock == released.lock) {
                    self.locks.remove(at);
                }
            }
            EventKind::EventSignalled(signalled) if signalled.by == Actor::Driver => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.signalled = true;
                }
            }
            kind => self.in_lookaside = lookaside(kind).unwrap_or(self.in_lookaside),
        }
    }
}
