//! Who gives a slot back when its request had a timer.
//!
//! `KeCancelTimer` answers whether the timer was still set. If it was not, its DPC is queued, or runs on another
//! processor, or has run; nobody may wait for that at `DISPATCH_LEVEL`. A slot that was given to the next request
//! meanwhile would let that one be timed out by its predecessor's timer. So the slot stays out of the pool until both
//! are over, the request and the DPC, and whoever comes last gives it back. Both ask under the device's lock.
//!
//! ```text
//! set()                       Off -> Set
//! DPC      fired()            Set -> Off     cancels the request, which is in flight as long as the lock is held
//!                             Late -> Off    gives the slot back
//! request  ended(was_set)     Off            gives the slot back; was never set, or the DPC has run
//!                             Set -> Off     gives the slot back, if KeCancelTimer took the timer out
//!                             Set -> Late    the DPC gives it back
//! ```
//!
//! Page: [KeCancelTimer](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kecanceltimer)

/// The timer of one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alarm {
    /// It is not set, and its DPC does not come.
    #[default]
    Off,
    /// It is set, or its DPC is on its way.
    Set,
    /// The request is over, and the DPC is on its way.
    Late,
}

/// What [`Alarm::fired`] answers.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fired {
    /// Cancel the request: it is in flight.
    CancelRequest,
    /// The request was over: give the slot back.
    GiveSlotBack,
}

/// What [`Alarm::ended`] answers.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotGoes {
    /// Give the slot back.
    Back,
    /// The DPC gives it back.
    WithDpc,
}

impl Alarm {
    /// The timer is set: its DPC comes, unless the timer is cancelled before.
    pub const fn set(&mut self) {
        *self = Self::Set;
    }

    /// Whether the timer may be set, so that whoever ends the request has to cancel it.
    #[must_use]
    pub const fn is_set(self) -> bool {
        matches!(self, Self::Set)
    }

    /// The DPC runs.
    pub const fn fired(&mut self) -> Fired {
        let was = core::mem::replace(self, Self::Off);
        match was {
            Self::Late => Fired::GiveSlotBack,
            Self::Off | Self::Set => Fired::CancelRequest,
        }
    }

    /// The request ended. `took_timer_out`: what `KeCancelTimer` answered; not asked if [`Self::is_set`] denies.
    pub const fn ended(&mut self, took_timer_out: bool) -> SlotGoes {
        if self.is_set() && !took_timer_out {
            *self = Self::Late;
            return SlotGoes::WithDpc;
        }
        *self = Self::Off;
        SlotGoes::Back
    }
}
