//! The few kernel routines that the drivers call, with the parameters that never change filled in.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::{ffi::c_void, mem::MaybeUninit, ptr, sync::atomic::AtomicUsize};

use wdk_sys::{
    _EVENT_TYPE::NotificationEvent,
    _KWAIT_REASON::Executive,
    _MODE::KernelMode,
    IO_REMOVE_LOCK, KEVENT, KEY_READ, KIRQL, KSPIN_LOCK, NTSTATUS, PLUGPLAY_REGKEY_DEVICE, SIZE_T,
    STATUS_PENDING,
    ntddk::{
        ExAllocatePool2, ExFreePoolWithTag, IoAcquireRemoveLockEx, IoGetAttachedDeviceReference,
        IoInitializeRemoveLockEx, IoOpenDeviceRegistryKey, IoReleaseRemoveLockAndWaitEx,
        IoReleaseRemoveLockEx, KeAcquireSpinLockRaiseToDpc, KeInitializeEvent, KeInitializeSpinLock,
        KeReleaseSpinLock, KeSetEvent, KeWaitForSingleObject,
    },
};

use crate::{Extension, Request};

/// The pool tag of the specimens.
pub const TAG: u32 = u32::from_le_bytes(*b"Spcm");
/// `POOL_FLAG_NON_PAGED`.
const NON_PAGED: u64 = 0x40;
/// `POOL_FLAG_PAGED`.
const PAGED: u64 = 0x100;
/// The size of a remove lock, as the macros pass it.
pub const LOCK_SIZE: u32 = size_of::<IO_REMOVE_LOCK>() as u32;

/// `IoAcquireRemoveLock` in a request's name.
#[must_use]
pub fn acquire(extension: *mut Extension, request: Request) -> NTSTATUS {
    // SAFETY: the extension is valid and its lock initialised.
    let lock = unsafe { &raw mut (*extension).lock };
    // SAFETY: as above. The file name is only for checked builds.
    unsafe { IoAcquireRemoveLockEx(lock, request.tag, c"".as_ptr(), 0, LOCK_SIZE) }
}

/// `IoReleaseRemoveLock` in a tag's name.
pub fn release(extension: *mut Extension, tag: *mut c_void) {
    // SAFETY: the extension is valid and its lock initialised.
    let lock = unsafe { &raw mut (*extension).lock };
    // SAFETY: as above.
    unsafe { IoReleaseRemoveLockEx(lock, tag, LOCK_SIZE) };
}

/// `IoReleaseRemoveLockAndWait` in a tag's name.
pub fn release_and_wait(extension: *mut Extension, tag: *mut c_void) {
    // SAFETY: the extension is valid and its lock initialised.
    let lock = unsafe { &raw mut (*extension).lock };
    // SAFETY: as above.
    unsafe { IoReleaseRemoveLockAndWaitEx(lock, tag, LOCK_SIZE) };
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
pub fn keep_spin_lock() {
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

/// `IoInitializeRemoveLock` of the second lock.
pub fn initialise_second_lock(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let lock = unsafe { &raw mut (*extension).second_lock };
    // SAFETY: room in the device extension.
    unsafe { IoInitializeRemoveLockEx(lock, TAG, 0, 0, LOCK_SIZE) };
}

/// `ExAllocatePool2` of paged memory. NULL when there is none.
#[must_use]
pub fn allocate_paged(bytes: usize) -> *mut c_void {
    // SAFETY: any size is allowed.
    unsafe { ExAllocatePool2(PAGED, bytes as _, TAG) }
}

// Routines that wdk-sys leaves out: a retired one, and one that is a macro in the headers used on Linux.
unsafe extern "C" {
    fn ExAllocatePoolWithTag(kind: i32, bytes: SIZE_T, tag: u32) -> *mut c_void;
    fn KfRaiseIrql(irql: KIRQL) -> KIRQL;
}

/// `ExAllocatePoolWithTag` of nonpaged memory that is not executable. NULL when there is none.
#[must_use]
pub fn allocate_deprecated(bytes: usize) -> *mut c_void {
    // SAFETY: any size is allowed. 512 is NonPagedPoolNx.
    unsafe { ExAllocatePoolWithTag(512, bytes as _, TAG) }
}

/// `KeRaiseIrql` to `DISPATCH_LEVEL`.
pub fn raise() {
    // SAFETY: at `DISPATCH_LEVEL` or below.
    let _ = unsafe { KfRaiseIrql(2) };
}

/// `IoOpenDeviceRegistryKey`; nobody closes it.
pub fn open_device_key(extension: *mut Extension) {
    let mut key = ptr::null_mut();
    // SAFETY: the extension is valid.
    let physical = unsafe { (*extension).physical };
    // SAFETY: at PASSIVE_LEVEL.
    let _ = unsafe { IoOpenDeviceRegistryKey(physical, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &raw mut key) };
}

/// `IoGetAttachedDeviceReference`; nobody gives the reference back.
pub fn reference_top_of_stack(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let physical = unsafe { (*extension).physical };
    // SAFETY: the device is valid.
    let _ = unsafe { IoGetAttachedDeviceReference(physical) };
}

/// Calls itself until `depth` kilobytes of stack are used.
#[must_use]
pub fn use_stack(depth: usize) -> usize {
    let mut kilobyte = [0_u8; 1024];
    poke(kilobyte.as_mut_ptr().cast(), depth % 1024, 1);
    let below = if depth == 0 { 0 } else { use_stack(depth - 1) };
    below + usize::from(peek(kilobyte.as_ptr().cast(), depth % 1024))
}
