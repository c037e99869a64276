//! Mutexes, fast and guarded mutexes: given back by the thread that took them, in reverse order, before the callback
//! returns; and a spin lock is used in one way only. `ExclusiveResourceAccess`: so are executive resources.

use crate::event::{Callback, Event, EventKind, LockForm, SpinLockForm, Tag};
use crate::map::{NumberMap, ObjectMap};
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// Who holds which mutex, and how each spin lock was taken first.
#[derive(Debug, Default)]
pub struct Mutexes {
    held: NumberMap<Vec<(ObjectId, LockForm, u64)>>,
    forms: ObjectMap<(bool, u64)>,
}

impl Rule for Mutexes {
    fn names(&self) -> &'static [&'static str] {
        &["MutexNotHeld", "MutexKept", "MutexReleaseOrder", "SpinLockForms", "ExclusiveResourceAccess"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::LockAcquired, Tag::LockReleased, Tag::SpinLockAcquired, Tag::CallbackLeave]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::LockAcquired(taken) => {
                self.held.entry(event.thread).or_default().push((taken.lock, taken.form, event.seq));
            }
            EventKind::LockReleased(gave) => self.released(event, gave.lock, gave.form, findings),
            EventKind::SpinLockAcquired(taken) => self.spin_lock(event, taken.lock, taken.form, findings),
            EventKind::CallbackLeave(leave) if !self.held.is_empty() => {
                self.leave(event, leave.callback, world, findings);
            }
            _ => {}
        }
    }
}

const fn is_resource(form: LockForm) -> bool {
    matches!(form, LockForm::ResourceExclusive | LockForm::ResourceShared)
}

impl Mutexes {
    fn released(&mut self, event: &Event, lock: ObjectId, form: LockForm, findings: &mut Findings) {
        let here = self.held.entry(event.thread).or_default();
        let found = |rule| Violation::new(rule, event).object(lock);
        if let Some(at) = here.iter().rposition(|(held, ..)| *held == lock) {
            let later = here.get(at + 1).copied();
            here.remove(at);
            if let Some((later, of, seq)) = later
                && !is_resource(form)
                && !is_resource(of)
            {
                let detail = format!("{lock} was given back before {later}, which was taken after it");
                let found = found("MutexReleaseOrder").code(0xC4, 0x1003).advice().since(seq);
                findings.report(found.object(later).detail(detail));
            }
            return;
        }
        if is_resource(form) {
            let detail = format!("{lock} was given back by a thread that does not hold it");
            findings.report(found("ExclusiveResourceAccess").detail(detail));
            return;
        }
        let elsewhere = self.held.values().flatten().find(|(held, ..)| *held == lock);
        findings.report(match elsewhere {
            Some((.., seq)) => found("MutexNotHeld")
                .code(0xC4, 0x1004)
                .since(*seq)
                .detail(format!("{lock} was given back by a thread that did not take it")),
            None => found("MutexNotHeld")
                .code(0xC4, 0x1007)
                .detail(format!("{lock} was given back, and nobody holds it")),
        });
    }

    fn spin_lock(&mut self, event: &Event, lock: ObjectId, form: SpinLockForm, findings: &mut Findings) {
        let queued = match form {
            SpinLockForm::InStackQueued => true,
            SpinLockForm::Normal | SpinLockForm::AtDpcLevel => false,
            SpinLockForm::Cancel => return,
        };
        let (before, seq) = *self.forms.entry(lock).or_insert((queued, event.seq));
        if before != queued {
            let found = Violation::new("SpinLockForms", event).code(0xC4, 0x1008).object(lock).since(seq);
            let detail = format!("{lock} is taken both as a plain and as an in-stack queued spin lock");
            findings.report(found.detail(detail));
        }
    }

    fn leave(&mut self, event: &Event, callback: Callback, world: &World, findings: &mut Findings) {
        let Some(frame) = world.frame(event) else { return };
        let Some(held) = self.held.get_mut(&event.thread) else { return };
        while let Some((lock, form, seq)) = held.pop_if(|(.., seq)| *seq > frame.entered) {
            let rule = if is_resource(form) { "ExclusiveResourceAccess" } else { "MutexKept" };
            let found = Violation::new(rule, event).object(lock).object(frame.irp()).since(seq);
            let found = found.since(frame.entered);
            let found = match callback {
                _ if is_resource(form) => found,
                Callback::Dispatch { .. } => found.code(0xC4, 0xC5),
                Callback::Completion { .. } => found.code(0xC4, 0xFB),
                Callback::Thread { .. } => found.code(0xC4, 0x100A),
                _ => found,
            };
            findings
                .report(found.detail(format!("the callback returned and {lock} ({form:?}) is still held")));
        }
        if held.is_empty() {
            self.held.remove(&event.thread);
        }
    }
}
