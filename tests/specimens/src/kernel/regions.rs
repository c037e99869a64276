//! Critical and guarded regions.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use wdk_sys::ntddk::{KeEnterCriticalRegion, KeEnterGuardedRegion, KeLeaveCriticalRegion};

/// `KeEnterCriticalRegion`; nobody leaves it.
pub fn stay_in_critical_region() {
    // SAFETY: at `APC_LEVEL` or below.
    unsafe { KeEnterCriticalRegion() };
}

/// `KeEnterGuardedRegion`; nobody leaves it.
pub fn stay_in_guarded_region() {
    // SAFETY: at `APC_LEVEL` or below.
    unsafe { KeEnterGuardedRegion() };
}

/// `KeEnterCriticalRegion` and `KeLeaveCriticalRegion`.
pub fn visit_critical_region() {
    // SAFETY: it is the specimen's business at which `IRQL`.
    unsafe { KeEnterCriticalRegion() };
    // SAFETY: as above.
    unsafe { KeLeaveCriticalRegion() };
}
