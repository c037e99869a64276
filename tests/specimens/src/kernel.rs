//! The few kernel routines that the drivers call, with the parameters that never change filled in.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::{ffi::c_void, mem::MaybeUninit, ptr, sync::atomic::AtomicUsize};

use wdk_sys::{
    _EVENT_TYPE::NotificationEvent,
    _KWAIT_REASON::Executive,
    _MODE::KernelMode,
    IO_REMOVE_LOCK, KEVENT, KSPIN_LOCK, NTSTATUS, STATUS_PENDING,
    ntddk::{
        ExAllocatePool2, ExFreePoolWithTag, IoAcquireRemoveLockEx, IoInitializeRemoveLockEx,
        IoReleaseRemoveLockAndWaitEx, IoReleaseRemoveLockEx, KeAcquireSpinLockRaiseToDpc, KeInitializeEvent,
        KeInitializeSpinLock, KeReleaseSpinLock, KeSetEvent, KeWaitForSingleObject,
    },
};

use crate::{Extension, Irp};

/// The pool tag of the specimens.
pub const TAG: u32 = u32::from_le_bytes(*b"Spcm");
/// `POOL_FLAG_NON_PAGED`.
const NON_PAGED: u64 = 0x40;
/// The size of a remove lock, as the macros pass it.
pub const LOCK_SIZE: u32 = size_of::<IO_REMOVE_LOCK>() as u32;

/// `IoAcquireRemoveLock` in an IRP's name.
#[must_use]
pub fn acquire(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    // SAFETY: the extension is valid and its lock initialised.
    let lock = unsafe { &raw mut (*extension).lock };
    // SAFETY: as above. The file name is only for checked builds.
    unsafe { IoAcquireRemoveLockEx(lock, irp.0.cast(), c"".as_ptr(), 0, LOCK_SIZE) }
}

/// `IoReleaseRemoveLock` in a tag's name.
pub fn release(extension: *mut Extension, tag: *mut c_void) {
    // SAFETY: the extension is valid and its lock initialised.
    let lock = unsafe { &raw mut (*extension).lock };
    // SAFETY: as above.
    unsafe { IoReleaseRemoveLockEx(lock, tag, LOCK_SIZE) };
}

/// `IoReleaseRemoveLockAndWait` in an IRP's name.
pub fn release_and_wait(extension: *mut Extension, irp: Irp) {
    // SAFETY: the extension is valid and its lock initialised.
    let lock = unsafe { &raw mut (*extension).lock };
    // SAFETY: as above.
    unsafe { IoReleaseRemoveLockAndWaitEx(lock, irp.0.cast(), LOCK_SIZE) };
}

/// `ExAllocatePool2` of nonpaged memory, all zero. NULL when there is none.
#[must_use]
pub fn allocate(bytes: usize) -> *mut c_void {
    // SAFETY: any size is allowed.
    unsafe { ExAllocatePool2(NON_PAGED, bytes as _, TAG) }
}

/// `ExFreePoolWithTag`.
pub fn free(memory: *mut c_void) {
    // SAFETY: from `allocate`, and not freed before.
    unsafe { ExFreePoolWithTag(memory, TAG) };
}

/// Writes one byte, wherever that is.
pub fn poke(memory: *mut c_void, offset: usize, byte: u8) {
    // SAFETY: it is the specimen's business where it writes.
    unsafe { memory.cast::<u8>().wrapping_add(offset).write_volatile(byte) };
}

/// Reads one byte, wherever that is.
#[must_use]
pub fn peek(memory: *const c_void, offset: usize) -> u8 {
    // SAFETY: it is the specimen's business where it reads.
    unsafe { memory.cast::<u8>().wrapping_add(offset).read_volatile() }
}

/// A notification event, on the stack.
pub struct Event(MaybeUninit<KEVENT>);

impl Event {
    /// Room for an event.
    #[must_use]
    pub const fn new() -> Self {
        Self(MaybeUninit::uninit())
    }

    /// `KeInitializeEvent`, not signalled. Returns where it is: it must not move from now on.
    pub fn initialise(&mut self) -> *mut KEVENT {
        let event = self.0.as_mut_ptr();
        // SAFETY: there is room for an event.
        unsafe { KeInitializeEvent(event, NotificationEvent, 0) };
        event
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

/// `KeWaitForSingleObject`, without a timeout.
pub fn wait(event: *mut KEVENT) {
    // SAFETY: the event is initialised, and the caller at PASSIVE_LEVEL.
    let _ = unsafe { KeWaitForSingleObject(event.cast(), Executive, KernelMode as _, 0, ptr::null_mut()) };
}

/// `KeSetEvent`.
pub fn set(event: *mut KEVENT) {
    // SAFETY: the event is initialised.
    let _ = unsafe { KeSetEvent(event, 0, 0) };
}

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

/// Whether a lower driver has not finished yet.
#[must_use]
pub const fn is_pending(status: NTSTATUS) -> bool {
    status == STATUS_PENDING
}

/// Takes a spin lock that nobody gives back.
pub fn leave_raised() {
    static LOCK: AtomicUsize = AtomicUsize::new(0);
    // SAFETY: zero is a free spin lock, and a number is as large.
    let _ = unsafe { KeAcquireSpinLockRaiseToDpc(LOCK.as_ptr().cast()) };
}

/// `IoInitializeRemoveLock`.
pub fn initialise_lock(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let lock = unsafe { &raw mut (*extension).lock };
    // SAFETY: room in the device extension.
    unsafe { IoInitializeRemoveLockEx(lock, TAG, 0, 0, LOCK_SIZE) };
}
