//! `IRP_MN_CANCEL_STOP_DEVICE`.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-an-irp-mn-cancel-stop-device-request>

use usbclient_protocol::status::STATUS_SUCCESS;

use super::{Event, PolicyCalls, Reason, State, Step};
use crate::dispatch::{Disposition, Fdo, Irp, RemoveGuard};

/// Spurious when a driver above failed the query: ours never saw it.
pub(super) const fn next(state: State, previous: State) -> Step {
    match state {
        State::StopPending => Step::To { from: State::StopPending, to: previous },
        State::SurpriseRemoved => Step::Impossible(Reason::OnlyRemoveFollows),
        State::Removed => Step::Impossible(Reason::NothingFollows),
        other => Step::Stays(other),
    }
}

/// The lower drivers go first; then what was held is sent. It must succeed.
pub(super) fn cancel_stop<'d, C: PolicyCalls>(
    fdo: &Fdo<'d, C>,
    mut irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    passive: &mut C::Passive,
) -> Disposition<'d> {
    irp.set_status(STATUS_SUCCESS);
    let status = irp.forward_and_wait(&guard, passive);
    if let Step::To { .. } = C::change(fdo.device(), Event::CancelStop, passive) {
        C::start_held(fdo.device(), passive);
    }
    C::run_policy(fdo.device(), passive);
    irp.complete(guard, status, 0)
}
