//! Who ends an IRP that this driver may cancel at any moment: wait/wake, and the idle notification.
//!
//! The state lies under the device's lock; `IoCancelIrp` is called outside of it. Whoever comes last ends the IRP:
//!
//! ```text
//! asked      PoRequestPowerIrp is called, the IRP has not come to this driver's dispatch routine yet
//! below      the lower drivers have it, with a completion routine of this driver
//! cancel()   below -> cancelling: the IRP stays until cancelled();  asked -> unwanted: it ends when it arrives
//! came_back  below -> none: it goes on;  cancelling -> back: the canceller ends it
//! cancelled  cancelling -> cancelled: the completion routine will see it, and nobody cancels again;
//!            back -> none: end it here
//! ```
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/canceling-a-wait-wake-irp>

/// Where the IRP is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Outstanding {
    /// There is none.
    #[default]
    None,
    /// It was asked for and has not come by.
    Asked,
    /// It was asked for, and is not wanted any more.
    Unwanted,
    /// The lower drivers have it.
    Below,
    /// Somebody is about to call `IoCancelIrp`.
    Cancelling,
    /// `IoCancelIrp` was called, and the lower drivers still have it: an idle notification ends after its callback.
    Cancelled,
    /// It came back while it was being cancelled.
    Back,
}

/// What to do with an IRP that comes by in the dispatch routine.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Send it down.
    Send,
    /// Complete it with `STATUS_CANCELLED`.
    End,
    /// It is not this driver's: pass it down untouched.
    Foreign,
}

impl Outstanding {
    /// Whether there is one, or will be.
    #[must_use]
    pub const fn is_some(self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether the lower drivers have it and nobody cancels it.
    #[must_use]
    pub const fn is_below(self) -> bool {
        matches!(self, Self::Below)
    }

    /// Whether somebody has asked for it to end.
    #[must_use]
    pub const fn is_ending(self) -> bool {
        matches!(self, Self::Unwanted | Self::Cancelling | Self::Cancelled | Self::Back)
    }

    /// One is to be asked for. False: there is one.
    #[must_use]
    pub const fn ask(&mut self) -> bool {
        let is_free = matches!(self, Self::None);
        if is_free {
            *self = Self::Asked;
        }
        is_free
    }

    /// It comes by on its way down.
    pub const fn arrived(&mut self) -> Arrival {
        match self {
            Self::Asked => {
                *self = Self::Below;
                Arrival::Send
            }
            Self::Unwanted => {
                *self = Self::None;
                Arrival::End
            }
            Self::None | Self::Below | Self::Cancelling | Self::Cancelled | Self::Back => Arrival::Foreign,
        }
    }

    /// It is to end. True: call `IoCancelIrp`, then [`Self::cancelled`].
    #[must_use]
    pub const fn cancel(&mut self) -> bool {
        match self {
            Self::Below => {
                *self = Self::Cancelling;
                true
            }
            Self::Asked => {
                *self = Self::Unwanted;
                false
            }
            Self::None | Self::Unwanted | Self::Cancelling | Self::Cancelled | Self::Back => false,
        }
    }

    /// The completion routine has it. True: it goes on there. False: the canceller ends it.
    #[must_use]
    pub const fn came_back(&mut self) -> bool {
        match self {
            Self::Cancelling => {
                *self = Self::Back;
                false
            }
            Self::None | Self::Asked | Self::Unwanted | Self::Below | Self::Cancelled | Self::Back => {
                *self = Self::None;
                true
            }
        }
    }

    /// `IoCancelIrp` has returned. True: the canceller ends the IRP.
    #[must_use]
    pub const fn cancelled(&mut self) -> bool {
        match self {
            Self::Back => {
                *self = Self::None;
                true
            }
            Self::Cancelling => {
                *self = Self::Cancelled;
                false
            }
            Self::None | Self::Asked | Self::Unwanted | Self::Below | Self::Cancelled => false,
        }
    }

    /// It was refused, or ended before it came by.
    pub const fn never_came(&mut self) {
        if matches!(self, Self::Asked | Self::Unwanted) {
            *self = Self::None;
        }
    }
}
