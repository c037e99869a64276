//! Locks that a thread may wait for.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::{mem::MaybeUninit, ptr};

use wdk_sys::{
    _EVENT_TYPE::SynchronizationEvent,
    ERESOURCE, FAST_MUTEX, KGUARDED_MUTEX,
    ntddk::{
        ExAcquireFastMutex, ExAcquireResourceExclusiveLite, ExDeleteResourceLite, ExInitializeResourceLite,
        ExReleaseFastMutex, ExReleaseResourceLite, KeAcquireGuardedMutex, KeInitializeEvent,
        KeInitializeGuardedMutex, KeReleaseGuardedMutex,
    },
};

/// Takes a fast mutex and gives it back.
pub fn visit_fast_mutex() {
    let mut mutex = MaybeUninit::<FAST_MUTEX>::zeroed();
    let mutex = mutex.as_mut_ptr();
    // What ExInitializeFastMutex does, which is inline.
    // SAFETY: there is room for it.
    unsafe { (*mutex).Count = 1 };
    // SAFETY: as above.
    unsafe { (*mutex).Owner = ptr::null_mut() };
    // SAFETY: as above.
    let event = unsafe { &raw mut (*mutex).Event };
    // SAFETY: as above.
    unsafe { KeInitializeEvent(event, SynchronizationEvent, 0) };
    // SAFETY: it is initialised.
    unsafe { ExAcquireFastMutex(mutex) };
    // SAFETY: it was acquired.
    unsafe { ExReleaseFastMutex(mutex) };
}

/// Makes a resource, does something with it and deletes it.
pub fn with_resource(what: impl FnOnce(*mut ERESOURCE)) {
    let mut resource = MaybeUninit::<ERESOURCE>::zeroed();
    let resource = resource.as_mut_ptr();
    // SAFETY: there is room for it.
    let _ = unsafe { ExInitializeResourceLite(resource) };
    what(resource);
    // SAFETY: nobody has it.
    let _ = unsafe { ExDeleteResourceLite(resource) };
}

/// Takes a resource exclusively and gives it back.
pub fn visit_resource(resource: *mut ERESOURCE) {
    // SAFETY: it is initialised.
    let _ = unsafe { ExAcquireResourceExclusiveLite(resource, 1) };
    // SAFETY: it was acquired.
    unsafe { ExReleaseResourceLite(resource) };
}

/// Gives back a resource that nobody has.
pub fn release_free_resource(resource: *mut ERESOURCE) {
    // SAFETY: not right, which is the point.
    unsafe { ExReleaseResourceLite(resource) };
}

/// Guarded mutexes that outlive the call, in memory that is their own.
pub struct Mutexes([*mut KGUARDED_MUTEX; 2]);

impl Mutexes {
    /// Two of them, initialised. None when there is no memory.
    #[must_use]
    pub fn new() -> Option<Self> {
        let make = || super::pool::allocate(size_of::<KGUARDED_MUTEX>()).cast::<KGUARDED_MUTEX>();
        let both = [make(), make()];
        if both.contains(&ptr::null_mut()) {
            return None;
        }
        for mutex in both {
            // SAFETY: there is room for it.
            unsafe { KeInitializeGuardedMutex(mutex) };
        }
        Some(Self(both))
    }

    /// `KeAcquireGuardedMutex` of one of them.
    pub fn acquire(&self, index: usize) {
        // SAFETY: it is initialised.
        unsafe { KeAcquireGuardedMutex(self.0[index & 1]) };
    }

    /// `KeReleaseGuardedMutex` of one of them.
    pub fn release(&self, index: usize) {
        // SAFETY: it is initialised; it is the specimen's business who has it.
        unsafe { KeReleaseGuardedMutex(self.0[index & 1]) };
    }

    /// Frees them.
    pub fn free(self) {
        for mutex in self.0 {
            super::pool::free(mutex.cast());
        }
    }
}
