//! What the time is.

// UNSAFETY: declares a routine that is an inline function in the headers, and calls it.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::sync::atomic::{AtomicU64, Ordering};

use usb_models::Time;
use wdk_sys::{_MODE::KernelMode, LARGE_INTEGER, ntddk::KeDelayExecutionThread};

unsafe extern "system" {
    /// Units of 100 ns since 1601. x64 has it in memory; Wine exports it as a routine.
    fn KeQuerySystemTime(time: *mut i64);
}

/// Time never goes back, even if somebody sets the clock.
static LATEST: AtomicU64 = AtomicU64::new(0);

/// The time, as the models count it.
pub fn now() -> Time {
    let mut time = 0;
    // SAFETY: the result goes into a local variable.
    unsafe { KeQuerySystemTime(&raw mut time) };
    let time = u64::try_from(time).unwrap_or(0);
    Time(LATEST.fetch_max(time, Ordering::Relaxed).max(time))
}

/// Waits, so many units of 100 ns.
pub fn pause(units: u32) {
    let mut interval = LARGE_INTEGER { QuadPart: -i64::from(units) };
    // SAFETY: the interval is a local variable.
    let _ = unsafe { KeDelayExecutionThread(KernelMode as i8, 0, &raw mut interval) };
}
