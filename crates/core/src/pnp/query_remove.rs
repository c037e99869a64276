//! `IRP_MN_QUERY_REMOVE_DEVICE`.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-an-irp-mn-query-remove-device-request>

use super::{Event, GateCalls, Reason, State, Step};
use crate::dispatch::{Disposition, Fdo, Irp, RemoveGuard};

pub(super) const fn next(state: State) -> Step {
    match state {
        State::Started | State::NotStarted | State::StartFailed => {
            Step::To { from: state, to: State::RemovePending }
        }
        State::StopPending | State::Stopped | State::RemovePending => Step::Impossible(Reason::OtherPurpose),
        State::SurpriseRemoved => Step::Impossible(Reason::OnlyRemoveFollows),
        State::Removed => Step::Impossible(Reason::NothingFollows),
    }
}

/// Refuses CREATE from now on and forwards. I/O goes on: the PnP manager itself vetoes the query when handles are
/// open. It would be refused here on a usage count only, and usage is never granted.
pub(super) fn query_remove<'d, C: GateCalls>(
    fdo: &Fdo<'d, C>,
    irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    passive: &mut C::Passive,
) -> Disposition<'d> {
    let _ = C::change(fdo.device(), Event::QueryRemove, passive);
    irp.forward_success(guard)
}
