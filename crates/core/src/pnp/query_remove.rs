//! `IRP_MN_QUERY_REMOVE_DEVICE`.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-an-irp-mn-query-remove-device-request>

use super::{Event, PolicyCalls, Reason, State, Step};
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
/// open. A device that sleeps is brought into D0 first, and is disarmed; the query is refused if that fails. It would be
/// refused on a usage count too, and usage is never granted.
pub(super) fn query_remove<'d, C: PolicyCalls>(
    fdo: &Fdo<'d, C>,
    irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    passive: &mut C::Passive,
) -> Disposition<'d> {
    let device = fdo.device();
    let step = C::change(device, Event::QueryRemove, passive);
    if let Err(status) = C::come_up(device, passive) {
        if let Step::To { .. } = step {
            let _ = C::change(device, Event::CancelRemove, passive);
        }
        C::run_policy(device, passive);
        return irp.complete(guard, status.nt(), 0);
    }
    C::disarm(device, passive);
    irp.forward_success(guard)
}
