//! `KTIMER` with its `KDPC`: something is given up when its time has come.
//!
//! Pages: [Timer Objects and DPCs](https://learn.microsoft.com/windows-hardware/drivers/kernel/timer-objects-and-dpcs),
//! [KeSetTimer](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kesettimer),
//! [KeCancelTimer](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kecanceltimer),
//! [KeQueryUnbiasedInterruptTime](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kequeryunbiasedinterrupttime)

// UNSAFETY: kernel objects, initialised in place and handed to the kernel by pointer.
#![expect(unsafe_code, reason = "wraps kernel objects")]

use core::{cell::UnsafeCell, ffi::c_void, mem::MaybeUninit, pin::Pin};

use wdk_sys::{
    KDPC, KTIMER, LARGE_INTEGER, PKDEFERRED_ROUTINE,
    ntddk::{KeCancelTimer, KeInitializeDpc, KeInitializeTimer, KeQueryUnbiasedInterruptTime, KeSetTimer},
};

use super::irql::AtMostDispatch;

/// A timer whose expiry runs a routine at `DISPATCH_LEVEL`. The kernel links both objects into its
/// lists, so they are used in place only.
pub struct DpcTimer {
    timer: UnsafeCell<MaybeUninit<KTIMER>>,
    dpc: UnsafeCell<MaybeUninit<KDPC>>,
}

// SAFETY: the kernel serialises every access to a timer and to a DPC.
unsafe impl Sync for DpcTimer {}

impl DpcTimer {
    /// Room for a timer, which [`DpcTimer::initialise`] makes one.
    pub const fn uninit() -> Self {
        Self { timer: UnsafeCell::new(MaybeUninit::uninit()), dpc: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Makes it a timer that is not set.
    ///
    /// # Safety
    ///
    /// `routine` accepts `context` whenever the timer may expire.
    pub(super) unsafe fn initialise(self: Pin<&mut Self>, routine: PKDEFERRED_ROUTINE, context: *mut c_void) {
        // SAFETY: the room is exclusively borrowed, and pinned, so the lists in it stay valid.
        unsafe { KeInitializeTimer(self.timer.get().cast()) };
        // SAFETY: as above.
        unsafe { KeInitializeDpc(self.dpc.get().cast(), routine, context) };
    }

    /// Sets the timer: `due` is relative, so negative, in units of 100 ns. One that is set already is
    /// set anew.
    pub fn set(&self, due: i64, _irql: &AtMostDispatch) {
        let due = LARGE_INTEGER { QuadPart: due };
        // SAFETY: initialised before it is shared, and whoever set it sees to it that it is not freed
        // before it was cancelled or its DPC has run.
        let _was_set = unsafe { KeSetTimer(self.timer.get().cast(), due, self.dpc.get().cast()) };
    }

    /// Takes the timer back. False: it is not set, so its DPC is queued, or runs, or has run.
    pub fn cancel(&self, _irql: &AtMostDispatch) -> bool {
        // SAFETY: initialised before it is shared.
        unsafe { KeCancelTimer(self.timer.get().cast()) != 0 }
    }
}

/// The time since the system started, without that in which it slept, in units of 100 ns. Any IRQL.
pub fn now() -> u64 {
    // SAFETY: takes nothing and may be called at any IRQL.
    unsafe { KeQueryUnbiasedInterruptTime() }
}
