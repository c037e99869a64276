//! What is known about the current IRQL, as zero-sized tokens.
//!
//! A routine that Microsoft documents for an IRQL takes the token that proves it. Tokens are minted
//! where the documentation says what IRQL a callback runs at, and nowhere else: they are neither
//! `Copy` nor `Clone`, cannot leave their thread, and are passed by reference.
//!
//! Page: [Managing Hardware Priorities](https://learn.microsoft.com/windows-hardware/drivers/kernel/managing-hardware-priorities)

// UNSAFETY: minting a token is a promise about the processor that the compiler cannot check.
#![expect(unsafe_code, reason = "minting a token is a promise about the processor")]

use core::{
    marker::PhantomData,
    ops::{Deref, DerefMut},
};

use wdk_sys::{KIRQL, ntddk::KeGetCurrentIrql};

const PASSIVE_LEVEL: KIRQL = 0;

/// IRQL is `DISPATCH_LEVEL` or below: no waiting, no pageable memory.
#[derive(Debug)]
pub struct AtMostDispatch {
    this_thread: PhantomData<*mut ()>,
}

/// IRQL is `APC_LEVEL` or below.
#[derive(Debug)]
pub struct AtMostApc {
    dispatch: AtMostDispatch,
}

/// IRQL is `PASSIVE_LEVEL`, in a thread that may wait.
#[derive(Debug)]
pub struct Passive {
    apc: AtMostApc,
}

impl AtMostDispatch {
    /// Mints the token.
    ///
    /// # Safety
    ///
    /// The IRQL is `DISPATCH_LEVEL` or below for as long as the token lives.
    pub(super) const unsafe fn mint() -> Self {
        Self { this_thread: PhantomData }
    }
}

impl AtMostDispatch {
    /// Runs `body` with the token of `PASSIVE_LEVEL`, if the IRQL is that. For dispatch routines, which
    /// may wait then.
    #[expect(
        clippy::unused_self,
        clippy::needless_pass_by_ref_mut,
        reason = "the token is lent, so that nothing raises the IRQL through it"
    )]
    pub fn if_passive<R>(&mut self, body: impl FnOnce(&mut Passive) -> R) -> Option<R> {
        if !is_passive() {
            return None;
        }
        // SAFETY: tested just now; this token is borrowed meanwhile, so that nothing raises the IRQL
        // through it.
        let mut passive = unsafe { Passive::mint() };
        Some(body(&mut passive))
    }
}

/// Whether the IRQL is `PASSIVE_LEVEL` now:
/// [`KeGetCurrentIrql`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kegetcurrentirql).
pub fn is_passive() -> bool {
    // SAFETY: may be called at any IRQL.
    unsafe { KeGetCurrentIrql() == PASSIVE_LEVEL }
}

impl Passive {
    /// Mints the token.
    ///
    /// # Safety
    ///
    /// The caller runs at `PASSIVE_LEVEL`, where the documentation allows it to wait, and raises the
    /// IRQL only through something that borrows the token.
    pub(super) const unsafe fn mint() -> Self {
        Self {
            apc: AtMostApc {
                // SAFETY: PASSIVE_LEVEL is below DISPATCH_LEVEL.
                dispatch: unsafe { AtMostDispatch::mint() },
            },
        }
    }
}

impl Deref for Passive {
    type Target = AtMostApc;

    fn deref(&self) -> &AtMostApc {
        &self.apc
    }
}

impl DerefMut for Passive {
    fn deref_mut(&mut self) -> &mut AtMostApc {
        &mut self.apc
    }
}

impl Deref for AtMostApc {
    type Target = AtMostDispatch;

    fn deref(&self) -> &AtMostDispatch {
        &self.dispatch
    }
}

impl DerefMut for AtMostApc {
    fn deref_mut(&mut self) -> &mut AtMostDispatch {
        &mut self.dispatch
    }
}
