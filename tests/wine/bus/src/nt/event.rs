//! `KEVENT`

// UNSAFETY: the event is a kernel object.
#![expect(unsafe_code, reason = "wraps a kernel object")]

use core::{cell::UnsafeCell, ptr};

use wdk_sys::{
    _EVENT_TYPE,
    _KWAIT_REASON::Executive,
    _MODE::KernelMode,
    KEVENT, LARGE_INTEGER, STATUS_SUCCESS,
    ntddk::{KeClearEvent, KeInitializeEvent, KeSetEvent, KeWaitForSingleObject},
};

/// An event. The kernel links waiters into it, so it may not move once it was used: it is in a box.
pub struct Event(alloc::boxed::Box<UnsafeCell<KEVENT>>);

// SAFETY: the kernel's routines order all use of it.
#[expect(clippy::non_send_fields_in_send_ty, reason = "a kernel object that every thread may use")]
unsafe impl Send for Event {}
// SAFETY: as above.
unsafe impl Sync for Event {}

impl Event {
    /// An event that stays set until it is cleared.
    pub fn notification(is_set: bool) -> Self {
        Self::new(_EVENT_TYPE::NotificationEvent, is_set)
    }

    /// An event that lets one waiter go.
    pub fn synchronization() -> Self {
        Self::new(_EVENT_TYPE::SynchronizationEvent, false)
    }

    fn new(kind: u32, is_set: bool) -> Self {
        let event = Self(alloc::boxed::Box::new(UnsafeCell::new(KEVENT::default())));
        // SAFETY: the memory is the event's, and stays where it is.
        unsafe { KeInitializeEvent(event.0.get(), kind, u8::from(is_set)) };
        event
    }

    /// Sets it.
    pub fn set(&self) {
        // SAFETY: the event is initialised.
        unsafe { KeSetEvent(self.0.get(), 0, 0) };
    }

    /// Clears it.
    pub fn clear(&self) {
        // SAFETY: the event is initialised.
        unsafe { KeClearEvent(self.0.get()) };
    }

    /// Waits for it.
    pub fn wait(&self) {
        // SAFETY: the event is initialised. Without a timeout there is one way to return.
        let _ = unsafe {
            KeWaitForSingleObject(self.0.get().cast(), Executive, KernelMode as i8, 0, ptr::null_mut())
        };
    }

    /// Waits for it, so many units of 100 ns at most. False: it was not set.
    pub fn wait_for(&self, units: u64) -> bool {
        let mut timeout = LARGE_INTEGER { QuadPart: i64::try_from(units).map_or(i64::MIN, |units| -units) };
        // SAFETY: the event is initialised.
        let status = unsafe {
            KeWaitForSingleObject(self.0.get().cast(), Executive, KernelMode as i8, 0, &raw mut timeout)
        };
        status == STATUS_SUCCESS
    }
}
