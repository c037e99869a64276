//! Time, in units of 100 ns, as precise as Wine's own.

use wdk_sys::{LARGE_INTEGER, ULONG64};

unsafe extern "C" {
    fn KeQuerySystemTime(time: *mut LARGE_INTEGER);
}

fn now() -> u64 {
    let mut time = LARGE_INTEGER { QuadPart: 0 };
    // SAFETY: the place lives as long as the call.
    unsafe { KeQuerySystemTime(&raw mut time) };
    // SAFETY: every member of the union is the same 8 bytes.
    u64::try_from(unsafe { time.QuadPart }).unwrap_or_default()
}

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kequerysystemtimeprecise>
pub unsafe extern "C" fn KeQuerySystemTimePrecise(time: *mut LARGE_INTEGER) {
    // SAFETY: the caller's place.
    let time = unsafe { &mut *time };
    time.QuadPart = i64::try_from(now()).unwrap_or_default();
}

/// The time since some moment; here the moment is the calendar's beginning.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kequeryinterrupttimeprecise>
pub unsafe extern "C" fn KeQueryInterruptTimePrecise(counter: *mut ULONG64) -> ULONG64 {
    let now = now();
    if !counter.is_null() {
        // SAFETY: the caller's place for the performance counter.
        unsafe { *counter = now };
    }
    now
}

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kequeryunbiasedinterrupttime>
pub unsafe extern "C" fn KeQueryUnbiasedInterruptTime() -> ULONG64 {
    now()
}
