//! `IRP_MN_QUERY_STOP_DEVICE`.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-an-irp-mn-query-stop-device-request>

use super::{Event, GateCalls, Reason, State, Step};
use crate::dispatch::{Disposition, Fdo, Irp, RemoveGuard};

pub(super) const fn next(state: State) -> Step {
    match state {
        State::Started => Step::To { from: State::Started, to: State::StopPending },
        State::NotStarted | State::StartFailed => Step::Impossible(Reason::NotStarted),
        State::StopPending | State::Stopped | State::RemovePending => Step::Impossible(Reason::OtherPurpose),
        State::SurpriseRemoved => Step::Impossible(Reason::OnlyRemoveFollows),
        State::Removed => Step::Impossible(Reason::NothingFollows),
    }
}

/// Holds new I/O from now on and forwards. It would be refused on a usage count only, and usage is never granted
/// (see `device_usage_notification`).
pub(super) fn query_stop<'d, C: GateCalls>(
    fdo: &Fdo<'d, C>,
    irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    passive: &mut C::Passive,
) -> Disposition<'d> {
    let _ = C::change(fdo.device(), Event::QueryStop, passive);
    irp.forward_success(guard)
}
