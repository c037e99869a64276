//! `KSPIN_LOCK`, owning what it guards.
//!
//! Pages: [KeInitializeSpinLock](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-keinitializespinlock),
//! [KeAcquireSpinLockRaiseToDpc](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-keacquirespinlockraisetodpc),
//! [KeReleaseSpinLock](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kereleasespinlock)

// UNSAFETY: the lock is a kernel object, and its content is reached through a cell.
#![expect(unsafe_code, reason = "wraps a kernel object")]

use core::{
    cell::UnsafeCell,
    ops::{Deref, DerefMut},
};

use wdk_sys::{
    KIRQL, KSPIN_LOCK,
    ntddk::{KeAcquireSpinLockRaiseToDpc, KeReleaseSpinLock},
};

use super::irql::AtMostDispatch;

/// A spin lock and what it guards. Lives in nonpaged memory, because the kernel touches it at
/// `DISPATCH_LEVEL`.
pub struct SpinLock<T> {
    lock: UnsafeCell<KSPIN_LOCK>,
    content: UnsafeCell<T>,
}

// SAFETY: the content is reached by one processor at a time, which is what the kernel's lock is for.
unsafe impl<T: Send> Sync for SpinLock<T> {}

impl<T> SpinLock<T> {
    /// A free lock. `KeInitializeSpinLock` writes zero, as its documentation allows to rely on: a
    /// spin lock is initialised by storing zero in an opaque, pointer-sized variable.
    pub const fn new(content: T) -> Self {
        Self { lock: UnsafeCell::new(0), content: UnsafeCell::new(content) }
    }

    /// Raises to `DISPATCH_LEVEL` and takes the lock, until the guard is dropped.
    ///
    /// The caller's token is lent to the guard, so nothing that needs a lower IRQL can be called
    /// meanwhile, and the same thread cannot take a second lock by accident.
    pub fn lock<'a>(&'a self, irql: &'a mut AtMostDispatch) -> Guard<'a, T> {
        // SAFETY: the lock is initialised, in nonpaged memory, and the token proves the IRQL.
        let old_irql = unsafe { KeAcquireSpinLockRaiseToDpc(self.lock.get()) };
        Guard { lock: self, old_irql, irql }
    }
}

/// The lock is held and the IRQL is `DISPATCH_LEVEL`.
#[must_use = "the lock is released when the guard is dropped"]
pub struct Guard<'a, T> {
    lock: &'a SpinLock<T>,
    old_irql: KIRQL,
    irql: &'a mut AtMostDispatch,
}

impl<T> Guard<'_, T> {
    /// The content, and the token for what may be called with the lock held.
    pub const fn split(&mut self) -> (&mut T, &AtMostDispatch) {
        // SAFETY: the guard holds the lock, and is itself borrowed mutably.
        (unsafe { &mut *self.lock.content.get() }, self.irql)
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock, so nobody else reaches the content.
        unsafe { &*self.lock.content.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock, and is itself borrowed mutably.
        unsafe { &mut *self.lock.content.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: this guard took the lock and has the IRQL of before; a guard exists once.
        unsafe { KeReleaseSpinLock(self.lock.lock.get(), self.old_irql) };
    }
}
