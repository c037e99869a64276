//! The remove lock by itself: acquired and released in turn, with its tag, one per device.
//!
//! Driver Verifier checks tags only in a checked lock; here every acquisition is remembered.

use super::exit::Exit;
use crate::event::{Event, EventKind, Tag};
use crate::map::ObjectMap;
use crate::names::{mj, pnp};
use crate::object::{ObjectId, ObjectKind};
use crate::rule::Rule;
use crate::value::Site;
use crate::violation::{Findings, Violation};
use crate::world::{Frame, World};

/// Every remove lock and who holds it.
#[derive(Default)]
pub struct RemoveLock {
    locks: ObjectMap<Lock>,
}

#[derive(Default)]
struct Lock {
    device: ObjectId,
    held: Vec<Hold>,
    waiting: bool,
}

struct Hold {
    tag: ObjectId,
    acquired: u64,
    /// The dispatch routine that acquired it: its major code and when it was entered.
    dispatch: Option<(u8, u64)>,
    site: Option<Site>,
}

impl Rule for RemoveLock {
    fn names(&self) -> &'static [&'static str] {
        &[
            "RemoveLock",
            "RemoveLockCheck",
            "RemoveLockRelease2",
            "RemoveLockReleaseCleanup",
            "RemoveLockReleaseClose",
            "RemoveLockReleaseCreate",
            "RemoveLockReleaseDeviceControl",
            "RemoveLockReleaseInternalDeviceControl",
            "RemoveLockReleasePnp",
            "RemoveLockReleasePower",
            "RemoveLockReleaseRead",
            "RemoveLockReleaseShutdown",
            "RemoveLockReleaseSystemControl",
            "RemoveLockReleaseWrite",
            "IoReleaseRemoveLockAndWaitOutsideRemoveDevice",
            "MultRemoveLock",
        ]
    }

    fn interest(&self) -> &'static [Tag] {
        &[
            Tag::RemoveLockInitialised,
            Tag::RemoveLockAcquired,
            Tag::RemoveLockReleased,
            Tag::RemoveLockWaitBegun,
            Tag::CallbackLeave,
            Tag::Deadlock,
            Tag::DriverUnloaded,
        ]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::RemoveLockInitialised(made) => {
                self.initialised(event, made.lock, made.device, world, findings);
            }
            EventKind::RemoveLockAcquired(got) if got.status.is_success() => {
                let dispatch =
                    world.dispatch(event).and_then(|f| f.request().map(|(major, _)| (major, f.entered)));
                let hold = Hold { tag: got.tag, acquired: event.seq, dispatch, site: event.site.clone() };
                self.locks.entry(got.lock).or_default().held.push(hold);
            }
            EventKind::RemoveLockReleased(gave) => self.released(event, gave.lock, gave.tag, findings),
            EventKind::RemoveLockWaitBegun(wait) => self.wait(event, wait.lock, wait.tag, world, findings),
            EventKind::CallbackLeave(_) => self.leave(event, world, findings),
            EventKind::Deadlock(_) | EventKind::DriverUnloaded(_) => self.left(event, world, findings),
            _ => {}
        }
    }
}

impl RemoveLock {
    fn initialised(
        &mut self,
        event: &Event,
        lock: ObjectId,
        device: ObjectId,
        world: &World,
        findings: &mut Findings,
    ) {
        let device = if device.is_some() { device } else { world.newest_device() };
        if self.locks.contains_key(&lock) {
            let found = Violation::new("RemoveLock", event).code(0xC4, 0xD7).object(lock);
            findings.report(found.detail(format!("{lock} was initialised a second time")));
        } else if device.is_some() && self.locks.values().any(|known| known.device == device) {
            let found = Violation::new("MultRemoveLock", event).object(lock).object(device);
            findings.report(found.detail(format!("{device} has a second remove lock")));
        }
        self.locks.insert(lock, Lock { device, ..Lock::default() });
    }

    fn released(&mut self, event: &Event, lock: ObjectId, tag: ObjectId, findings: &mut Findings) {
        if !self.release(lock, tag) {
            let found = Violation::new("RemoveLockRelease2", event).code(0xC4, 0xD5).object(lock).object(tag);
            findings.report(found.detail(format!("{lock} is not held with {tag}")));
        }
    }

    fn release(&mut self, lock: ObjectId, tag: ObjectId) -> bool {
        let held = &mut self.locks.entry(lock).or_default().held;
        let at = held.iter().rposition(|hold| hold.tag == tag);
        at.map(|at| held.remove(at)).is_some()
    }

    fn wait(&mut self, event: &Event, lock: ObjectId, tag: ObjectId, world: &World, findings: &mut Findings) {
        if !self.release(lock, tag) {
            let found = Violation::new("RemoveLockCheck", event).code(0xC4, 0xD6).object(lock).object(tag);
            findings.report(
                found.detail(format!("IoReleaseRemoveLockAndWait, but {lock} is not held with {tag}")),
            );
        }
        let removing = world.in_pnp(event, pnp::REMOVE_DEVICE).is_some();
        if !removing {
            let found = Violation::new("IoReleaseRemoveLockAndWaitOutsideRemoveDevice", event).object(lock);
            let irp = world.dispatch(event).map_or(ObjectId::NONE, Frame::irp);
            findings.report(found.object(irp).detail("IoReleaseRemoveLockAndWait outside REMOVE_DEVICE"));
        }
        self.locks.entry(lock).or_default().waiting = true;
    }

    /// A dispatch routine that is done with its IRP has given the lock back. A marked IRP may be finished
    /// by another thread that gives the lock back in a moment, so it is judged at the end.
    fn leave(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        let Some(exit) = Exit::of(event, world) else { return };
        let gone_for_good = exit.frame.sent && exit.frame.skipped && !exit.frame.with_completion;
        if exit.frame.marked || !(exit.frame.completed.is_some() || gone_for_good) {
            return;
        }
        for (id, lock) in &mut self.locks {
            lock.held.retain(|hold| {
                let this_call = hold.dispatch.is_some_and(|(_, entered)| entered == exit.frame.entered);
                let kept = hold.tag == exit.irp || (hold.tag.is_none() && this_call);
                if kept {
                    let detail = format!("{} is done with, but {id} is still held for it", exit.request());
                    let found =
                        exit.violation(release_rule(exit.major), event).object(*id).since(hold.acquired);
                    findings.report(found.detail(detail));
                }
                !kept
            });
        }
    }

    /// Nothing can happen any more: what is held for an IRP that is gone will never be given back.
    fn left(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        let mut left: Vec<_> = self.locks.iter_mut().collect();
        left.sort_by_key(|(id, _)| **id);
        for (id, lock) in left {
            let waiting = lock.waiting;
            for hold in lock.held.drain(..) {
                let over =
                    hold.tag.kind != ObjectKind::Irp || world.irp(hold.tag).is_none_or(|irp| irp.finished);
                if waiting && over {
                    let rule = release_rule(hold.dispatch.map_or(u8::MAX, |(major, _)| major));
                    let found = Violation::new(rule, event).object(*id).object(hold.tag).since(hold.acquired);
                    let detail = format!("{id}, taken with {}, was never given back", hold.tag);
                    findings.report(found.at(hold.site.as_ref()).detail(detail));
                }
            }
        }
    }
}

const fn release_rule(major: u8) -> &'static str {
    match major {
        mj::CLEANUP => "RemoveLockReleaseCleanup",
        mj::CLOSE => "RemoveLockReleaseClose",
        mj::CREATE => "RemoveLockReleaseCreate",
        mj::DEVICE_CONTROL => "RemoveLockReleaseDeviceControl",
        mj::INTERNAL_DEVICE_CONTROL => "RemoveLockReleaseInternalDeviceControl",
        mj::PNP => "RemoveLockReleasePnp",
        mj::POWER => "RemoveLockReleasePower",
        mj::READ => "RemoveLockReleaseRead",
        mj::SHUTDOWN => "RemoveLockReleaseShutdown",
        mj::SYSTEM_CONTROL => "RemoveLockReleaseSystemControl",
        mj::WRITE => "RemoveLockReleaseWrite",
        _ => "RemoveLockRelease2",
    }
}
