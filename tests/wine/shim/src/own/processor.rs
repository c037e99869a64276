//! The processor's state. Wine has no IRQL: everything runs at `PASSIVE_LEVEL`.

use core::ffi::c_void;

use wdk_sys::{KIRQL, LARGE_INTEGER, PKDEFERRED_ROUTINE, PRKDPC, ntddk};

use crate::dpc;

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kegetcurrentirql>
pub const unsafe extern "C" fn KeGetCurrentIrql() -> KIRQL {
    0
}

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-keinitializedpc>
pub unsafe extern "C" fn KeInitializeDpc(dpc: PRKDPC, routine: PKDEFERRED_ROUTINE, context: *mut c_void) {
    // SAFETY: the caller's DPC.
    unsafe { dpc::initialise(dpc, routine, context) };
}

/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-keflushqueueddpcs>
pub unsafe extern "C" fn KeFlushQueuedDpcs() {
    while dpc::running() != 0 {
        // A millisecond from now, in units of 100 ns.
        let mut interval = LARGE_INTEGER { QuadPart: -10_000 };
        // SAFETY: the interval lives as long as the call.
        let _ = unsafe { ntddk::KeDelayExecutionThread(0, 0, &raw mut interval) };
    }
}
