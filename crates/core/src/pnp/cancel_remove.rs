//! `IRP_MN_CANCEL_REMOVE_DEVICE`.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-an-irp-mn-cancel-remove-device-request>

use usbclient_protocol::status::STATUS_SUCCESS;

use super::{Event, PolicyCalls, Reason, State, Step};
use crate::dispatch::{Disposition, Fdo, Irp, RemoveGuard};

/// Spurious when a driver above failed the query: ours never saw it.
pub(super) const fn next(state: State, previous: State) -> Step {
    match state {
        State::RemovePending => Step::To { from: State::RemovePending, to: previous },
        State::SurpriseRemoved => Step::Impossible(Reason::OnlyRemoveFollows),
        State::Removed => Step::Impossible(Reason::NothingFollows),
        other => Step::Stays(other),
    }
}

/// The lower drivers go first; then the state before the query is back. It must succeed.
pub(super) fn cancel_remove<'d, C: PolicyCalls>(
    fdo: &Fdo<'d, C>,
    mut irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    passive: &mut C::Passive,
) -> Disposition<'d> {
    irp.set_status(STATUS_SUCCESS);
    let status = irp.forward_and_wait(&guard, passive);
    let _ = C::change(fdo.device(), Event::CancelRemove, passive);
    C::run_policy(fdo.device(), passive);
    irp.complete(guard, status, 0)
}
