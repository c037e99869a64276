//! Spin locks, used well and badly.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::sync::atomic::AtomicUsize;

use wdk_sys::{
    KLOCK_QUEUE_HANDLE, KSPIN_LOCK,
    ntddk::{
        IoAcquireCancelSpinLock, IoReleaseCancelSpinLock, KeAcquireInStackQueuedSpinLock,
        KeAcquireSpinLockAtDpcLevel, KeAcquireSpinLockRaiseToDpc, KeInitializeSpinLock,
        KeReleaseInStackQueuedSpinLock, KeReleaseSpinLock, KeReleaseSpinLockFromDpcLevel,
    },
};

/// Does something at `DISPATCH_LEVEL`, under a spin lock of its own.
pub fn under_spin_lock(what: impl FnOnce()) {
    let mut lock: KSPIN_LOCK = 0;
    // SAFETY: there is room for a spin lock.
    unsafe { KeInitializeSpinLock(&raw mut lock) };
    // SAFETY: the lock is initialised.
    let irql = unsafe { KeAcquireSpinLockRaiseToDpc(&raw mut lock) };
    what();
    // SAFETY: the lock was acquired.
    unsafe { KeReleaseSpinLock(&raw mut lock, irql) };
}

/// Does something under a spin lock.
pub fn with_spin_lock<T>(lock: *mut KSPIN_LOCK, what: impl FnOnce() -> T) -> T {
    // SAFETY: the lock is initialised: zero is a free one.
    let irql = unsafe { KeAcquireSpinLockRaiseToDpc(lock) };
    let result = what();
    // SAFETY: the lock was acquired.
    unsafe { KeReleaseSpinLock(lock, irql) };
    result
}

/// Takes a spin lock that nobody gives back.
pub fn keep_spin_lock() {
    static LOCK: AtomicUsize = AtomicUsize::new(0);
    // SAFETY: zero is a free spin lock, and a number is as large.
    let _ = unsafe { KeAcquireSpinLockRaiseToDpc(LOCK.as_ptr().cast()) };
}

/// `IoAcquireCancelSpinLock`; nobody gives it back.
pub fn keep_cancel_spin_lock() {
    let mut irql = 0;
    // SAFETY: at `DISPATCH_LEVEL` or below.
    unsafe { IoAcquireCancelSpinLock(&raw mut irql) };
}

/// `IoReleaseCancelSpinLock` by a thread that does not have it, at `DISPATCH_LEVEL`.
pub fn release_cancel_spin_lock() {
    // SAFETY: not right, which is the point.
    unsafe { IoReleaseCancelSpinLock(2) };
}

/// `KeReleaseSpinLock` of a lock that nobody has, at `DISPATCH_LEVEL`.
pub fn release_free_spin_lock() {
    let mut lock: KSPIN_LOCK = 0;
    // SAFETY: not right, which is the point.
    unsafe { KeReleaseSpinLock(&raw mut lock, 2) };
}

/// Takes a spin lock twice.
pub fn take_spin_lock_twice() {
    let mut lock: KSPIN_LOCK = 0;
    // SAFETY: zero is a free spin lock.
    let _ = unsafe { KeAcquireSpinLockRaiseToDpc(&raw mut lock) };
    // SAFETY: not right, which is the point.
    let _ = unsafe { KeAcquireSpinLockRaiseToDpc(&raw mut lock) };
}

/// Takes a spin lock, lowers the IRQL and gives the lock back.
pub fn release_spin_lock_at_passive() {
    let mut lock: KSPIN_LOCK = 0;
    // SAFETY: zero is a free spin lock.
    let irql = unsafe { KeAcquireSpinLockRaiseToDpc(&raw mut lock) };
    super::irql::lower(irql);
    // SAFETY: not right, which is the point.
    unsafe { KeReleaseSpinLock(&raw mut lock, irql) };
}

/// Room for a spin lock that outlives the call; a number is as large.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// `KeAcquireInStackQueuedSpinLock`; nobody gives it back.
pub fn keep_queued_spin_lock() {
    // The handle would have to live as long as the lock is held, so it lies where nothing goes away.
    static HANDLE: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];
    // SAFETY: zero is a free spin lock, and three numbers are as large as a handle.
    unsafe { KeAcquireInStackQueuedSpinLock(KEPT.as_ptr().cast(), HANDLE.as_ptr().cast_mut().cast()) };
}

/// `KeReleaseInStackQueuedSpinLock` of a lock that nobody has, at `DISPATCH_LEVEL`.
pub fn release_free_queued_spin_lock() {
    let mut handle = KLOCK_QUEUE_HANDLE::default();
    handle.LockQueue.Lock = KEPT.as_ptr().cast();
    handle.OldIrql = 2;
    // SAFETY: not right, which is the point.
    unsafe { KeReleaseInStackQueuedSpinLock(&raw mut handle) };
}

/// `KeAcquireSpinLockAtDpcLevel`; nobody gives it back.
pub fn keep_spin_lock_at_dispatch() {
    // SAFETY: zero is a free spin lock.
    unsafe { KeAcquireSpinLockAtDpcLevel(KEPT.as_ptr().cast()) };
}

/// `KeAcquireSpinLockAtDpcLevel` and `KeReleaseSpinLockFromDpcLevel`.
pub fn visit_spin_lock_at_dispatch() {
    let mut lock: KSPIN_LOCK = 0;
    // SAFETY: zero is a free spin lock; it is the specimen's business at which `IRQL`.
    unsafe { KeAcquireSpinLockAtDpcLevel(&raw mut lock) };
    // SAFETY: it was acquired.
    unsafe { KeReleaseSpinLockFromDpcLevel(&raw mut lock) };
}

/// Takes one spin lock plain, and once more in-stack queued.
pub fn take_spin_lock_in_both_forms() {
    let mut lock: KSPIN_LOCK = 0;
    // SAFETY: zero is a free spin lock.
    let irql = unsafe { KeAcquireSpinLockRaiseToDpc(&raw mut lock) };
    // SAFETY: it was acquired.
    unsafe { KeReleaseSpinLock(&raw mut lock, irql) };
    let mut handle = KLOCK_QUEUE_HANDLE::default();
    // SAFETY: the lock is free.
    unsafe { KeAcquireInStackQueuedSpinLock(&raw mut lock, &raw mut handle) };
    // SAFETY: it was acquired.
    unsafe { KeReleaseInStackQueuedSpinLock(&raw mut handle) };
}
