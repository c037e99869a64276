//! `IO_REMOVE_LOCK`: the device outlives every IRP that holds it.
//!
//! Pages: [Using Remove Locks](https://learn.microsoft.com/windows-hardware/drivers/kernel/using-remove-locks),
//! [IoAcquireRemoveLock](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioacquireremovelock),
//! [IoReleaseRemoveLockAndWait](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioreleaseremovelockandwait)

// UNSAFETY: a kernel object in the device extension.
#![expect(unsafe_code, reason = "wraps a kernel object")]

use core::{cell::UnsafeCell, ffi::c_void, mem::MaybeUninit, pin::Pin};

use wdk_sys::{
    IO_REMOVE_LOCK, NT_SUCCESS,
    ntddk::{
        IoAcquireRemoveLockEx, IoInitializeRemoveLockEx, IoReleaseRemoveLockAndWaitEx, IoReleaseRemoveLockEx,
    },
};

use super::{irql::Passive, narrow, pool};

/// What the C macros pass as `RemlockSize`: the free build's 32 bytes, or the checked build's 120,
/// by the headers that the driver was compiled with.
const REMLOCK_SIZE: u32 = narrow::u32(size_of::<IO_REMOVE_LOCK>());

const _: () = assert!(REMLOCK_SIZE == 32 || REMLOCK_SIZE == 120);

/// The device's one remove lock.
#[repr(transparent)]
pub struct RemoveLock {
    lock: UnsafeCell<MaybeUninit<IO_REMOVE_LOCK>>,
}

// SAFETY: the kernel serialises every access to a remove lock.
unsafe impl Sync for RemoveLock {}

impl RemoveLock {
    /// Room for a lock, which [`RemoveLock::initialise`] makes one.
    pub const fn uninit() -> Self {
        Self { lock: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Makes it a lock that nobody holds. Once in its life: doing it again is bug check 0xC4/0xD7.
    pub fn initialise(self: Pin<&mut Self>, _irql: &Passive) {
        // SAFETY: the room is exclusively borrowed and pinned; it lies in the device extension.
        unsafe { IoInitializeRemoveLockEx(self.as_ptr(), pool::TAG, 0, 0, REMLOCK_SIZE) };
    }

    const fn as_ptr(&self) -> *mut IO_REMOVE_LOCK {
        self.lock.get().cast()
    }

    /// Takes the lock in the name of `tag`, an IRP's address that is never followed. Refused once
    /// removal waits on the lock.
    pub(super) fn acquire(&self, tag: *mut c_void) -> bool {
        // SAFETY: initialised before it is shared. The file name is only for checked builds.
        let status = unsafe { IoAcquireRemoveLockEx(self.as_ptr(), tag, c"".as_ptr(), 0, REMLOCK_SIZE) };
        NT_SUCCESS(status)
    }

    /// Gives back what [`RemoveLock::acquire`] took in the name of the same tag.
    ///
    /// # Safety
    ///
    /// The lock was acquired with this tag and was not released since. The device may be gone when
    /// this returns, unless something else keeps it.
    pub(super) unsafe fn release(&self, tag: *mut c_void) {
        // SAFETY: initialised before it is shared; the caller owes the balance.
        unsafe { IoReleaseRemoveLockEx(self.as_ptr(), tag, REMLOCK_SIZE) };
    }

    /// Gives back what was taken and waits until nobody else holds the lock. From now on every
    /// acquisition is refused.
    ///
    /// # Safety
    ///
    /// As [`RemoveLock::release`]; and once in the device's life, while handling
    /// `IRP_MN_REMOVE_DEVICE`, after it was forwarded.
    pub(super) unsafe fn release_and_wait(&self, tag: *mut c_void, _irql: &Passive) {
        // SAFETY: initialised before it is shared; the caller owes the phase and the balance.
        unsafe { IoReleaseRemoveLockAndWaitEx(self.as_ptr(), tag, REMLOCK_SIZE) };
    }
}
