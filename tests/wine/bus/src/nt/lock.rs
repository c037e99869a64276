//! `KSPIN_LOCK`, owning what it guards.

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

/// A spin lock and what it guards. Lives in nonpaged memory.
pub struct SpinLock<T> {
    lock: UnsafeCell<KSPIN_LOCK>,
    content: UnsafeCell<T>,
}

// SAFETY: the content is reached by one thread at a time, which is what the kernel's lock is for.
unsafe impl<T: Send> Sync for SpinLock<T> {}

impl<T> SpinLock<T> {
    /// A free lock: zero, as `KeInitializeSpinLock` writes it.
    pub const fn new(content: T) -> Self {
        Self { lock: UnsafeCell::new(0), content: UnsafeCell::new(content) }
    }

    /// Takes the lock until the guard is dropped. Not to be taken twice by a thread.
    pub fn lock(&self) -> Guard<'_, T> {
        // SAFETY: the lock is initialised and in nonpaged memory.
        let irql = unsafe { KeAcquireSpinLockRaiseToDpc(self.lock.get()) };
        Guard { lock: self, irql }
    }
}

/// The lock is held.
#[must_use = "the lock is released when the guard is dropped"]
pub struct Guard<'a, T> {
    lock: &'a SpinLock<T>,
    irql: KIRQL,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held, so nobody else reaches the content.
        unsafe { &*self.lock.content.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held, so nobody else reaches the content.
        unsafe { &mut *self.lock.content.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: this guard took the lock.
        unsafe { KeReleaseSpinLock(self.lock.lock.get(), self.irql) };
    }
}
