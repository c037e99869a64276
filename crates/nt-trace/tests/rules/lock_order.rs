//! Traces that break the rules about the order of locks and about mutexes.

use crate::Case;
use crate::life::*;
use nt_trace::event::*;

const A: ObjectId = ObjectId::new(ObjectKind::Lock, 10);
const B: ObjectId = ObjectId::new(ObjectKind::Lock, 11);
const C: ObjectId = ObjectId::new(ObjectKind::Lock, 12);
const MUTEX: ObjectId = ObjectId::new(ObjectKind::Lock, 13);
const OTHER: ObjectId = ObjectId::new(ObjectKind::Lock, 14);

pub const CASES: &[Case] = &[
    ("LockOrder", "0xC4/0x1001", |life| {
        nested(life, &[A, B]);
        life.on(7, |life| nested(life, &[B, A]));
    }),
    ("LockOrder", "0xC4/0x1001", |life| {
        nested(life, &[A, B]);
        nested(life, &[B, C]);
        nested(life, &[C, A]);
    }),
    ("LockOrder", "0xC4/0x1001", |life| {
        mutexes(life, &[MUTEX, OTHER]);
        mutexes(life, &[OTHER, MUTEX]);
    }),
    ("LockOrder", "0xC4/0x1001", |life| {
        // A cancel routine is entered with the cancel spin lock.
        let irp = ObjectId::new(ObjectKind::Irp, 40);
        life.callback(Callback::Cancel { irp, device: FDO }, OK, |life| {
            nested(life, &[A]);
            life.push(released(B, SpinLockForm::Cancel));
        });
        life.push(taken(A, SpinLockForm::Normal)).push(taken(B, SpinLockForm::Cancel));
        life.push(released(B, SpinLockForm::Cancel)).push(released(A, SpinLockForm::Normal));
    }),
    ("MutexNotHeld", "0xC4/0x1007", |life| {
        life.push(LockReleased { lock: MUTEX, form: LockForm::FastMutex });
    }),
    ("MutexNotHeld", "0xC4/0x1004", |life| {
        life.push(LockAcquired { lock: MUTEX, ..Default::default() });
        life.on(7, |life| {
            life.push(LockReleased { lock: MUTEX, form: LockForm::Mutex });
        });
    }),
    ("MutexReleaseOrder", "0xC4/0x1003", |life| {
        life.push(LockAcquired { lock: MUTEX, ..Default::default() });
        life.push(LockAcquired { lock: OTHER, ..Default::default() });
        life.push(LockReleased { lock: MUTEX, form: LockForm::Mutex });
        life.push(LockReleased { lock: OTHER, form: LockForm::Mutex });
    }),
    ("MutexKept", "0xC4/0xC5", |life| {
        life.dispatch(0x03, 0, OK, |life, irp| {
            life.push(LockAcquired { lock: MUTEX, ..Default::default() }).complete(irp, OK);
        });
    }),
    ("MutexKept", "0xC4/0x100A", |life| {
        let thread = ObjectId::new(ObjectKind::Thread, 1);
        life.callback(Callback::Thread { thread }, OK, |life| {
            life.push(LockAcquired { lock: MUTEX, ..Default::default() });
        });
    }),
    ("ExclusiveResourceAccess", "", |life| {
        life.dispatch(0x03, 0, OK, |life, irp| {
            life.push(LockAcquired { lock: MUTEX, form: LockForm::ResourceExclusive, attempt: false });
            life.complete(irp, OK);
        });
    }),
    ("ExclusiveResourceAccess", "", |life| {
        life.push(LockReleased { lock: MUTEX, form: LockForm::ResourceShared });
    }),
    ("WithinCriticalRegion", "", |life| {
        life.call("ExAcquireResourceSharedLite", |_| {});
    }),
    ("SpinLockForms", "0xC4/0x1008", |life| {
        life.push(taken(A, SpinLockForm::Normal)).push(released(A, SpinLockForm::Normal));
        life.push(taken(A, SpinLockForm::InStackQueued)).push(released(A, SpinLockForm::InStackQueued));
    }),
];

const fn taken(lock: ObjectId, form: SpinLockForm) -> SpinLockAcquired {
    SpinLockAcquired { lock, form, old_irql: 0, attempt: false }
}

const fn released(lock: ObjectId, form: SpinLockForm) -> SpinLockReleased {
    SpinLockReleased { lock, form, new_irql: 0 }
}

/// Spin locks taken one inside the other, and given back in reverse order.
pub fn nested(life: &mut Life, locks: &[ObjectId]) {
    for lock in locks {
        life.push(taken(*lock, SpinLockForm::Normal));
    }
    for lock in locks.iter().rev() {
        life.push(released(*lock, SpinLockForm::Normal));
    }
}

/// The same with mutexes.
pub fn mutexes(life: &mut Life, locks: &[ObjectId]) {
    for lock in locks {
        life.push(LockAcquired { lock: *lock, ..Default::default() });
    }
    for lock in locks.iter().rev() {
        life.push(LockReleased { lock: *lock, form: LockForm::Mutex });
    }
}
