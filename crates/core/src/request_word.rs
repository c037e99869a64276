//! Who completes a request that is being cancelled.
//!
//! A request in flight is the caller's own IRP, with a completion routine of ours. To cancel it, `IoCancelIrp` must
//! be called on an IRP that still exists, outside any lock; but the completion routine may run at any moment and
//! would let the IRP go. One atomic word decides, without allocating and without a lock:
//!
//! ```text
//! canceller   cancel()          InFlight   -> Cancelling   the IRP stays until canceller_done()
//!             IoCancelIrp
//!             canceller_done()  Cancelling -> InFlight     the completion routine will finish it
//!                               DoneBelow                  the canceller finishes it
//! completion  complete()        InFlight   -> DoneBelow    it finishes the IRP itself
//!                               Cancelling -> DoneBelow    it returns STATUS_MORE_PROCESSING_REQUIRED
//! ```
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/canceling-irps>

use core::sync::atomic::{AtomicU8, Ordering};

const IN_FLIGHT: u8 = 0;
const CANCELLING: u8 = 1;
const DONE_BELOW: u8 = 2;

/// The word of one request.
#[derive(Debug)]
pub struct RequestWord(AtomicU8);

/// What [`RequestWord::cancel`] answers.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// Call `IoCancelIrp`, then [`RequestWord::canceller_done`]. The IRP exists until then.
    ShouldCancel,
    /// Another canceller is at it: leave the IRP alone.
    AnotherCancels,
    /// The lower drivers are done with it: leave the IRP alone.
    AlreadyDone,
}

/// What [`RequestWord::complete`] answers.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complete {
    /// Finish the request in the completion routine.
    Finish,
    /// Return `STATUS_MORE_PROCESSING_REQUIRED` and touch nothing: the canceller finishes the request.
    CancellerFinishes,
}

/// What [`RequestWord::canceller_done`] answers.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancellerDone {
    /// The completion routine has run: finish the request here.
    Finish,
    /// The completion routine will finish the request: leave the IRP alone.
    CompletionFinishes,
}

impl RequestWord {
    /// A request that is about to be sent.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU8::new(IN_FLIGHT))
    }

    /// Makes the word ready for the next time the request is sent. Only its sole owner may: hence `&mut`.
    pub fn reset(&mut self) {
        *self.0.get_mut() = IN_FLIGHT;
    }

    /// Wants to cancel. Called under the lock that guards the list of requests, so that the request exists.
    pub fn cancel(&self) -> Cancel {
        match self.0.compare_exchange(IN_FLIGHT, CANCELLING, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Cancel::ShouldCancel,
            Err(CANCELLING) => Cancel::AnotherCancels,
            Err(_) => Cancel::AlreadyDone,
        }
    }

    /// The completion routine runs. Once per sending.
    pub fn complete(&self) -> Complete {
        match self.0.swap(DONE_BELOW, Ordering::AcqRel) {
            CANCELLING => Complete::CancellerFinishes,
            _ => Complete::Finish,
        }
    }

    /// `IoCancelIrp` has returned. Called by the one that [`Cancel::ShouldCancel`] was answered to.
    pub fn canceller_done(&self) -> CancellerDone {
        match self.0.compare_exchange(CANCELLING, IN_FLIGHT, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => CancellerDone::CompletionFinishes,
            Err(_) => CancellerDone::Finish,
        }
    }
}

impl Default for RequestWord {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
