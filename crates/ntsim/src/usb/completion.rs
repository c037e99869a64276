//! When and where the stack completes an URB.

use crate::sched::{DISPATCH_LEVEL, PASSIVE_LEVEL};

/// When and where the stack completes an URB. Requests that the stack refuses are always completed before
/// `IoCallDriver` returns, and not marked pending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Completion {
    /// At `DISPATCH_LEVEL` in a DPC, when the device is done.
    #[default]
    Dispatch,
    /// At `PASSIVE_LEVEL` in another thread, when the device is done.
    Passive,
    /// Within `IoCallDriver`, which returns the final status; the IRP is not marked pending. A transfer for
    /// which the device has nothing yet, and an isochronous one, whose frames are still to come, go on as with
    /// [`Self::Dispatch`].
    Inline,
    /// Within `IoCallDriver` on the same thread, which then returns `STATUS_PENDING`.
    InlinePending,
    /// As [`Self::Dispatch`], and `IoCallDriver` does not return before the DPC has run, if it can; but for isochronous
    /// transfers, as with [`Self::Inline`].
    Racing,
    /// Transfers on pipes: not before they are cancelled or aborted, or the device is removed. All
    /// others as with [`Self::Dispatch`].
    Never,
}

impl Completion {
    /// The `IRQL` of the thread that completes.
    #[must_use]
    pub const fn irql(self) -> u8 {
        match self {
            Self::Passive => PASSIVE_LEVEL,
            _ => DISPATCH_LEVEL,
        }
    }

    /// Whether completion is tried before `IoCallDriver` returns.
    #[must_use]
    pub const fn is_inline(self) -> bool {
        matches!(self, Self::Inline | Self::InlinePending)
    }
}
