//! Deadlock detection as Driver Verifier does it: `LockOrder` builds a graph of which lock was taken while which was
//! held, over spin locks, mutexes, fast and guarded mutexes, and reports an acquisition that closes a loop. Nobody
//! needs to have met the deadlock.
//!
//! Executive resources are left out, as on Windows. An attempt that does not wait cannot deadlock; what it took
//! counts as held.

use crate::event::{Callback, Event, EventKind, LockForm, SpinLockForm, Tag};
use crate::map::{NumberMap, ObjectMap};
use crate::object::{ObjectId, ObjectKind};
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// The cancel spin lock, which a cancel routine is entered with.
const CANCEL: ObjectId = ObjectId::new(ObjectKind::Lock, 0);

/// The graph so far, and who holds which mutex.
#[derive(Debug, Default)]
pub struct LockOrder {
    /// By lock: what was taken while it was held, and when that was seen first.
    after: ObjectMap<Vec<(ObjectId, u64)>>,
    mutexes: NumberMap<Vec<ObjectId>>,
    /// Threads in a cancel routine that has not given the cancel spin lock back.
    cancelling: Vec<u32>,
}

impl Rule for LockOrder {
    fn names(&self) -> &'static [&'static str] {
        &["LockOrder"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[
            Tag::SpinLockAcquired,
            Tag::SpinLockReleased,
            Tag::LockAcquired,
            Tag::LockReleased,
            Tag::CallbackEnter,
            Tag::CallbackLeave,
        ]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::SpinLockAcquired(taken) if !taken.attempt => {
                self.acquired(event, named(taken.lock, taken.form), world, findings);
            }
            EventKind::LockAcquired(taken) if is_judged(taken.form) => {
                if !taken.attempt {
                    self.acquired(event, taken.lock, world, findings);
                }
                self.mutexes.entry(event.thread).or_default().push(taken.lock);
            }
            EventKind::LockReleased(gave) if is_judged(gave.form) => {
                if let Some(held) = self.mutexes.get_mut(&event.thread) {
                    if let Some(at) = held.iter().rposition(|lock| *lock == gave.lock) {
                        held.remove(at);
                    }
                    if held.is_empty() {
                        self.mutexes.remove(&event.thread);
                    }
                }
            }
            EventKind::CallbackEnter(enter) if is_cancel(enter.callback) => {
                self.cancelling.push(event.thread);
            }
            EventKind::CallbackLeave(leave) if is_cancel(leave.callback) => self.not_cancelling(event.thread),
            EventKind::SpinLockReleased(gave) if gave.form == SpinLockForm::Cancel => {
                self.not_cancelling(event.thread);
            }
            _ => {}
        }
    }
}

const fn is_judged(form: LockForm) -> bool {
    matches!(form, LockForm::Mutex | LockForm::FastMutex | LockForm::GuardedMutex)
}

const fn is_cancel(callback: Callback) -> bool {
    matches!(callback, Callback::Cancel { .. })
}

const fn named(lock: ObjectId, form: SpinLockForm) -> ObjectId {
    if matches!(form, SpinLockForm::Cancel) { CANCEL } else { lock }
}

impl LockOrder {
    fn not_cancelling(&mut self, thread: u32) {
        self.cancelling.retain(|known| *known != thread);
    }

    fn acquired(&mut self, event: &Event, lock: ObjectId, world: &World, findings: &mut Findings) {
        let spins = world.thread(event).map_or(&[][..], |thread| &thread.locks);
        let mutexes = self.mutexes.get(&event.thread);
        let cancelling = self.cancelling.contains(&event.thread);
        if spins.is_empty() && mutexes.is_none() && !cancelling {
            return;
        }
        let mut held: Vec<ObjectId> = spins.iter().map(|held| named(held.lock, held.form)).collect();
        held.extend(mutexes.into_iter().flatten());
        if cancelling {
            held.push(CANCEL);
        }
        for before in held {
            // Taking a lock twice is SpinLock's to report; a mutex may be.
            if before != lock && self.add(before, lock, event.seq) {
                self.judge(event, before, lock, findings);
            }
        }
    }

    /// Remembers that one lock was taken while another was held. False when that is known.
    fn add(&mut self, before: ObjectId, lock: ObjectId, seq: u64) -> bool {
        let after = self.after.entry(before).or_default();
        if after.iter().any(|(known, _)| *known == lock) {
            return false;
        }
        after.push((lock, seq));
        true
    }

    fn judge(&self, event: &Event, before: ObjectId, lock: ObjectId, findings: &mut Findings) {
        let Some(path) = self.path(lock, before) else { return };
        let mut found = Violation::new("LockOrder", event).code(0xC4, 0x1001).object(lock).object(before);
        for (object, seq) in &path {
            found = found.object(*object).since(*seq);
        }
        let names: Vec<String> = path.iter().map(|(object, _)| name(*object)).collect();
        let detail = format!(
            "{} was taken while {} was held; before, the order was {}, {}",
            name(lock),
            name(before),
            name(lock),
            names.join(", ")
        );
        findings.report(found.detail(detail));
    }

    /// The locks that lead from one to another, each with when it was taken, the first one left out.
    fn path(&self, from: ObjectId, to: ObjectId) -> Option<Vec<(ObjectId, u64)>> {
        let mut seen = vec![from];
        let mut ways = vec![(from, Vec::new())];
        while let Some((at, way)) = ways.pop() {
            for (next, seq) in self.after.get(&at).into_iter().flatten() {
                let longer: Vec<_> = way.iter().copied().chain([(*next, *seq)]).collect();
                if *next == to {
                    return Some(longer);
                }
                if !seen.contains(next) {
                    seen.push(*next);
                    ways.push((*next, longer));
                }
            }
        }
        None
    }
}

fn name(lock: ObjectId) -> String {
    if lock == CANCEL { "the cancel spin lock".into() } else { lock.to_string() }
}
