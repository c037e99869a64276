//! Events and waiting.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::{mem::MaybeUninit, ptr};

use wdk_sys::{
    _EVENT_TYPE::NotificationEvent,
    _KWAIT_REASON::Executive,
    _MODE::KernelMode,
    _WAIT_TYPE::WaitAny,
    KEVENT, LARGE_INTEGER, NTSTATUS, STATUS_PENDING, STATUS_TIMEOUT,
    ntddk::{
        KeClearEvent, KeDelayExecutionThread, KeInitializeEvent, KeSetEvent, KeWaitForMultipleObjects,
        KeWaitForSingleObject,
    },
};

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

/// `KeInitializeEvent` of a notification event somewhere, not signalled.
pub fn initialise_event(event: *mut KEVENT) {
    // SAFETY: there is room for an event.
    unsafe { KeInitializeEvent(event, NotificationEvent, 0) };
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

/// `KeWaitForSingleObject`, for at most this long in units of 100 ns. False when it was too short.
#[must_use]
pub fn wait_at_most(event: *mut KEVENT, timeout: i64) -> bool {
    let mut timeout = LARGE_INTEGER { QuadPart: timeout };
    // SAFETY: the event is initialised, and the caller at PASSIVE_LEVEL.
    let status =
        unsafe { KeWaitForSingleObject(event.cast(), Executive, KernelMode as _, 0, &raw mut timeout) };
    status != STATUS_TIMEOUT
}

/// `KeSetEvent`.
pub fn set(event: *mut KEVENT) {
    // SAFETY: the event is initialised.
    let _ = unsafe { KeSetEvent(event, 0, 0) };
}

/// Whether a lower driver has not finished yet.
#[must_use]
pub const fn is_pending(status: NTSTATUS) -> bool {
    status == STATUS_PENDING
}

/// `KeDelayExecutionThread` for a millisecond.
pub fn delay() {
    let mut interval = LARGE_INTEGER { QuadPart: -10_000 };
    // SAFETY: the interval is relative.
    let _ = unsafe { KeDelayExecutionThread(KernelMode as _, 0, &raw mut interval) };
}

/// `KeSetEvent` with `Wait`: a wait follows at once.
pub fn set_and_wait(event: *mut KEVENT) {
    // SAFETY: the event is initialised.
    let _ = unsafe { KeSetEvent(event, 0, 1) };
    wait(event);
}

/// `KeClearEvent`
pub fn clear(event: *mut KEVENT) {
    // SAFETY: the event is initialised.
    unsafe { KeClearEvent(event) };
}

/// `KeWaitForMultipleObjects` for one event, for at most this long in units of 100 ns.
pub fn wait_for_any(event: *mut KEVENT, timeout: i64) {
    let (mut objects, mut timeout) = ([event.cast()], LARGE_INTEGER { QuadPart: timeout });
    // SAFETY: the event is initialised; it is the specimen's business at which `IRQL`.
    let _ = unsafe {
        KeWaitForMultipleObjects(
            1,
            objects.as_mut_ptr(),
            WaitAny,
            Executive,
            KernelMode as _,
            0,
            &raw mut timeout,
            ptr::null_mut(),
        )
    };
}
