//! The spin lock family: taken and given back in turn, none left when a callback ends, no IRP completed
//! under one.

use super::predicate::Predicate;
use crate::event::{Actor, Callback, Event, EventKind, SpinLockForm, Tag};
use crate::object::ObjectId;
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &[
        "SpinLock",
        "SpinLockDpc",
        "SpinlockRelease",
        "SpinLockSafe",
        "QueuedSpinLock",
        "QueuedSpinLockRelease",
        "CancelSpinLock",
        "CancelSpinlockRelease",
    ],
    interest: &[Tag::SpinLockAcquired, Tag::SpinLockReleased, Tag::CallbackLeave, Tag::IrpCompleteCalled],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let locks = world.thread(event).map_or(&[][..], |thread| &thread.locks);
    match &event.kind {
        EventKind::SpinLockAcquired(taken) => {
            if let Some(held) = locks.iter().find(|held| held.lock == taken.lock) {
                let found = held_twice(event, taken.form).object(taken.lock).since(held.acquired);
                findings.report(
                    found.detail(format!("{} was taken again by the thread that holds it", taken.lock)),
                );
            }
        }
        EventKind::SpinLockReleased(released) => {
            // A cancel routine is entered with the cancel spin lock held.
            let given = released.form == SpinLockForm::Cancel && in_cancel_routine(event, world);
            if !given && !locks.iter().any(|held| held.lock == released.lock) {
                findings.report(not_held(event, released.form, released.lock));
            }
        }
        EventKind::CallbackLeave(_) => left_held(event, world, findings),
        EventKind::IrpCompleteCalled(call) if call.by == Actor::Driver => {
            if let Some(held) = locks.last() {
                let found = Violation::new("SpinLockSafe", event).object(call.irp).object(held.lock);
                let detail = format!("{} was completed while {} was held", call.irp, held.lock);
                findings.report(found.since(held.acquired).detail(detail));
            }
        }
        _ => {}
    }
}

fn in_cancel_routine(event: &Event, world: &World) -> bool {
    world.frame(event).is_some_and(|frame| matches!(frame.callback, Callback::Cancel { .. }))
}

fn held_twice(event: &Event, form: SpinLockForm) -> Violation {
    match form {
        SpinLockForm::AtDpcLevel => Violation::new("SpinLockDpc", event),
        SpinLockForm::InStackQueued => Violation::new("QueuedSpinLock", event).code(0xC4, 0x0004_0006),
        SpinLockForm::Cancel => Violation::new("CancelSpinLock", event),
        SpinLockForm::Normal => Violation::new("SpinLock", event).code(0xC4, 0x0004_0009),
    }
}

fn not_held(event: &Event, form: SpinLockForm, lock: ObjectId) -> Violation {
    let found = match form {
        SpinLockForm::AtDpcLevel => Violation::new("SpinLockDpc", event),
        SpinLockForm::InStackQueued => Violation::new("QueuedSpinLockRelease", event).code(0xC4, 0x0004_0007),
        SpinLockForm::Cancel => Violation::new("CancelSpinlockRelease", event),
        SpinLockForm::Normal => Violation::new("SpinlockRelease", event).code(0xC4, 0x0004_000B),
    };
    found.object(lock).detail(format!("{lock} was given back by a thread that does not hold it"))
}

fn left_held(event: &Event, world: &World, findings: &mut Findings) {
    let Some(thread) = world.thread(event) else { return };
    let Some(frame) = thread.frames.last() else { return };
    for held in thread.locks.iter().filter(|held| held.acquired > frame.entered) {
        let found = held_twice(event, held.form).object(held.lock).object(frame.irp());
        let detail = format!("the callback returned and {} is still held", held.lock);
        findings.report(found.since(frame.entered).since(held.acquired).detail(detail));
    }
}
