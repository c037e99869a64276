//! A timer in the driver's image.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::{ptr, sync::atomic::AtomicU64};

use wdk_sys::{
    KTIMER, LARGE_INTEGER,
    ntddk::{KeInitializeTimer, KeSetTimer},
};

/// Room for a timer.
static TIMER: [AtomicU64; size_of::<KTIMER>() / 8] = [const { AtomicU64::new(0) }; size_of::<KTIMER>() / 8];

/// Sets a timer that expires in an hour; nobody cancels it.
pub fn set_timer() {
    let timer = TIMER.as_ptr().cast_mut().cast::<KTIMER>();
    // SAFETY: there is room for a timer.
    unsafe { KeInitializeTimer(timer) };
    let due = LARGE_INTEGER { QuadPart: -36_000_000_000 };
    // SAFETY: the timer is initialised.
    let _ = unsafe { KeSetTimer(timer, due, ptr::null_mut()) };
}
