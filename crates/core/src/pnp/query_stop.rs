//! `IRP_MN_QUERY_STOP_DEVICE`.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-an-irp-mn-query-stop-device-request>

use super::{Event, PolicyCalls, Reason, State, Step};
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

/// Holds new I/O from now on, brings a device that sleeps into D0, and forwards. It is refused if D0 fails; it would be
/// on a usage count too, and usage is never granted (see `device_usage_notification`).
pub(super) fn query_stop<'d, C: PolicyCalls>(
    fdo: &Fdo<'d, C>,
    irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    passive: &mut C::Passive,
) -> Disposition<'d> {
    let device = fdo.device();
    let step = C::change(device, Event::QueryStop, passive);
    if let Err(status) = C::come_up(device, passive) {
        if let Step::To { .. } = step {
            let _ = C::change(device, Event::CancelStop, passive);
            C::start_held(device, passive);
        }
        C::run_policy(device, passive);
        return irp.complete(guard, status.nt(), 0);
    }
    irp.forward_success(guard)
}
