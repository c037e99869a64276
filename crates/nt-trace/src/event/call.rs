//! Calls across the border of the driver.

use super::actor::Callback;
use super::payload::payloads;
use crate::value::{Arg, Args, NtStatus, Text};

payloads! {
    /// The driver calls a kernel routine. [`Return`] of the same thread closes it. What the routine
    /// does in particular is told by other events between the two.
    Call {
        /// The routine's documented name.
        routine: Text,
        /// What a reader wants to see of its arguments.
        args: Args,
    }
    /// A kernel routine returns to the driver.
    Return {
        /// The routine's documented name.
        routine: Text,
        /// Its result.
        value: Arg,
    }
    /// The kernel calls the driver.
    CallbackEnter {
        /// Which callback.
        callback: Callback,
    }
    /// The driver returns from a callback.
    CallbackLeave {
        /// Which callback, equal to the one entered.
        callback: Callback,
        /// The callback's result, `STATUS_SUCCESS` where it has none.
        status: NtStatus,
    }
}
