//! A panic of a module of the harness: told, and the whole driver process ends.

// UNSAFETY: calls the kernel.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::panic::PanicInfo;

use wdk_sys::ntddk::KeBugCheckEx;

use super::line::trace;

/// `MANUALLY_INITIATED_CRASH`, which no routine of Wine's raises by itself.
const MANUALLY_INITIATED_CRASH: u32 = 0xE2;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    trace!("~{} broken {info}", crate::NAME);
    // SAFETY: any code and parameters may be given.
    unsafe { KeBugCheckEx(MANUALLY_INITIATED_CRASH, 0, 0, 0, 0) }
}
