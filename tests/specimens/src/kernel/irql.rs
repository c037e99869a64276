//! The IRQL, changed badly.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use wdk_sys::KIRQL;

// Macros in the headers used on Linux, so wdk-sys has them not everywhere.
unsafe extern "C" {
    fn KfRaiseIrql(irql: KIRQL) -> KIRQL;
    fn KeLowerIrql(irql: KIRQL);
}

/// `KeRaiseIrql` to `DISPATCH_LEVEL`.
pub fn raise() {
    // SAFETY: at `DISPATCH_LEVEL` or below.
    let _ = unsafe { KfRaiseIrql(2) };
}

/// `KeRaiseIrql` to `PASSIVE_LEVEL`, which is down, and back.
pub fn raise_downwards() {
    // SAFETY: not right, which is the point.
    let before = unsafe { KfRaiseIrql(0) };
    // SAFETY: as it was.
    let _ = unsafe { KfRaiseIrql(before) };
}

/// `KeLowerIrql` to `DISPATCH_LEVEL`, which is up, and back.
pub fn lower_upwards() {
    // SAFETY: not right, which is the point.
    unsafe { KeLowerIrql(2) };
    // SAFETY: as it was.
    unsafe { KeLowerIrql(0) };
}

/// `KeLowerIrql`
pub(super) fn lower(irql: KIRQL) {
    // SAFETY: it is the specimen's business to what.
    unsafe { KeLowerIrql(irql) };
}

/// Does something at `DISPATCH_LEVEL`, without a lock.
pub fn above_passive(what: impl FnOnce()) {
    // SAFETY: at `DISPATCH_LEVEL` or below.
    let before = unsafe { KfRaiseIrql(2) };
    what();
    lower(before);
}

/// Does something at `APC_LEVEL`.
pub fn at_apc(what: impl FnOnce()) {
    // SAFETY: at `PASSIVE_LEVEL`.
    let before = unsafe { KfRaiseIrql(1) };
    what();
    lower(before);
}

/// Does something above `DISPATCH_LEVEL`.
pub fn above_dispatch(what: impl FnOnce()) {
    // SAFETY: at a lower IRQL.
    let before = unsafe { KfRaiseIrql(12) };
    what();
    lower(before);
}
