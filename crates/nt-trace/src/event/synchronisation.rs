//! Locks, events, waits and `IRQL`.

use super::actor::{Actor, LockForm, SpinLockForm};
use super::payload::payloads;
use crate::object::ObjectId;
use crate::value::NtStatus;

payloads! {
    /// `IoInitializeRemoveLock`
    RemoveLockInitialised {
        /// The lock.
        lock: ObjectId,
        /// The device object whose extension holds it, if known.
        device: ObjectId,
    }
    /// `IoAcquireRemoveLock`
    RemoveLockAcquired {
        /// The lock.
        lock: ObjectId,
        /// The tag.
        tag: ObjectId,
        /// `STATUS_SUCCESS` or `STATUS_DELETE_PENDING`.
        status: NtStatus,
    }
    /// `IoReleaseRemoveLock`
    RemoveLockReleased {
        /// The lock.
        lock: ObjectId,
        /// The tag.
        tag: ObjectId,
    }
    /// `IoReleaseRemoveLockAndWait` is called.
    RemoveLockWaitBegun {
        /// The lock.
        lock: ObjectId,
        /// The tag.
        tag: ObjectId,
    }
    /// `IoReleaseRemoveLockAndWait` returns.
    RemoveLockWaitEnded {
        /// The lock.
        lock: ObjectId,
        /// The tag.
        tag: ObjectId,
    }
    /// A spin lock is taken.
    SpinLockAcquired {
        /// The lock.
        lock: ObjectId,
        /// How.
        form: SpinLockForm,
        /// `IRQL` before.
        old_irql: u8,
        /// By a routine that only tries and never waits.
        attempt: bool,
    }
    /// A spin lock is given back.
    SpinLockReleased {
        /// The lock.
        lock: ObjectId,
        /// How.
        form: SpinLockForm,
        /// `IRQL` to go back to.
        new_irql: u8,
    }
    /// A lock that a thread may wait for is taken: a mutex of any kind, or a resource.
    LockAcquired {
        /// The lock.
        lock: ObjectId,
        /// Which kind, and how.
        form: LockForm,
        /// By a routine that only tries and never waits.
        attempt: bool,
    }
    /// Such a lock is given back.
    LockReleased {
        /// The lock.
        lock: ObjectId,
        /// Which kind, and how it was held.
        form: LockForm,
    }
    /// `KeRaiseIrql`
    IrqlRaised {
        /// Before.
        from: u8,
        /// After.
        to: u8,
    }
    /// `KeLowerIrql`
    IrqlLowered {
        /// Before.
        from: u8,
        /// After.
        to: u8,
    }
    /// `KeInitializeEvent`
    EventInitialised {
        /// The event object.
        object: ObjectId,
        /// `SynchronizationEvent`, otherwise `NotificationEvent`.
        synchronization: bool,
        /// Signalled from the start.
        signalled: bool,
    }
    /// `KeSetEvent`
    EventSignalled {
        /// The event object.
        object: ObjectId,
        /// Who signals it.
        by: Actor,
        /// The `Wait` argument.
        wait: bool,
    }
    /// `KeClearEvent` or `KeResetEvent`
    EventCleared {
        /// The event object.
        object: ObjectId,
    }
    /// `KeWaitForSingleObject` is called, or `KeWaitForMultipleObjects`, which is told once for each object.
    WaitBegun {
        /// The object waited for.
        object: ObjectId,
        /// The timeout in units of 100 ns as passed (negative is relative), none for an endless wait.
        timeout: Option<i64>,
        /// The object was signalled already.
        signalled: bool,
        /// By `KeWaitForMultipleObjects`.
        multiple: bool,
    }
    /// Such a wait is over. One for several objects is told for the object that ended it, or for each.
    WaitEnded {
        /// The object waited for.
        object: ObjectId,
        /// The result.
        status: NtStatus,
    }
}
