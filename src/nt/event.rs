//! `KEVENT`: somebody waits until something has happened.
//!
//! Pages: [KeInitializeEvent](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-keinitializeevent),
//! [KeSetEvent](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kesetevent),
//! [KeWaitForSingleObject](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kewaitforsingleobject)

// UNSAFETY: a kernel object, initialised in place and handed to the kernel by pointer.
#![expect(unsafe_code, reason = "wraps a kernel object")]

use core::{cell::UnsafeCell, mem::MaybeUninit, pin::Pin, ptr};

use wdk_sys::{
    _EVENT_TYPE::NotificationEvent,
    _KWAIT_REASON::Executive,
    KEVENT, LARGE_INTEGER,
    ntddk::{KeClearEvent, KeInitializeEvent, KeSetEvent, KeWaitForSingleObject},
};

use super::irql::{AtMostDispatch, Passive};

/// `KernelMode`, as the type of the routine's parameter.
const KERNEL_MODE: i8 = 0;

/// A notification event. The kernel links waiters into it, so it is used in place only.
#[repr(transparent)]
pub struct Event {
    event: UnsafeCell<MaybeUninit<KEVENT>>,
}

// SAFETY: the kernel serialises every access to an event.
unsafe impl Sync for Event {}

impl Event {
    /// Room for an event, which [`Event::initialise`] makes one.
    pub const fn uninit() -> Self {
        Self { event: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Makes it an event in the not-signalled state.
    pub fn initialise(self: Pin<&mut Self>) {
        // SAFETY: the room is exclusively borrowed, and pinned, so the lists in it stay valid.
        unsafe { KeInitializeEvent(self.as_ptr(), NotificationEvent, 0) };
    }

    const fn as_ptr(&self) -> *mut KEVENT {
        self.event.get().cast()
    }

    /// Signals the event.
    pub fn set(&self, _irql: &AtMostDispatch) {
        // SAFETY: initialised before it is shared; Wait is FALSE, so DISPATCH_LEVEL is allowed.
        let _previous = unsafe { KeSetEvent(self.as_ptr(), 0, 0) };
    }

    /// Takes the signal back.
    pub fn clear(&self, _irql: &AtMostDispatch) {
        // SAFETY: initialised before it is shared; allowed at DISPATCH_LEVEL and below.
        unsafe { KeClearEvent(self.as_ptr()) };
    }

    /// Waits without an end.
    pub fn wait(&self, _irql: &Passive) {
        // SAFETY: initialised before it is shared, and the token proves that waiting is allowed.
        let _status = unsafe {
            KeWaitForSingleObject(self.as_ptr().cast(), Executive, KERNEL_MODE, 0, ptr::null_mut())
        };
    }

    /// Waits for at most `milliseconds`. Answers whether the event was signalled.
    pub fn wait_at_most(&self, _irql: &Passive, milliseconds: u32) -> bool {
        let mut timeout = relative(milliseconds);
        // SAFETY: as above; the timeout is a local that outlives the call.
        let status = unsafe {
            KeWaitForSingleObject(self.as_ptr().cast(), Executive, KERNEL_MODE, 0, &raw mut timeout)
        };
        status == wdk_sys::STATUS_SUCCESS
    }
}

/// A relative time for the kernel: negative, in units of 100 ns. The 64-bit product cannot overflow.
fn relative(milliseconds: u32) -> LARGE_INTEGER {
    let mut time = LARGE_INTEGER::default();
    time.QuadPart = i64::from(milliseconds).wrapping_mul(-10_000);
    time
}
