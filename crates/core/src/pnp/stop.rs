//! `IRP_MN_STOP_DEVICE`.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-an-irp-mn-stop-device-request>

use super::{Event, Reason, State, Step, StopCalls, Told};
use crate::dispatch::{Disposition, Fdo, Irp, RemoveGuard};

pub(super) const fn next(state: State) -> Step {
    match state {
        State::StopPending => Step::To { from: State::StopPending, to: State::Stopped },
        // Without a query before it: not documented, and harmless to obey.
        State::Started => Step::To { from: State::Started, to: State::Stopped },
        State::NotStarted | State::StartFailed => Step::Impossible(Reason::NotStarted),
        State::Stopped | State::RemovePending => Step::Impossible(Reason::OtherPurpose),
        State::SurpriseRemoved => Step::Impossible(Reason::OnlyRemoveFollows),
        State::Removed => Step::Impossible(Reason::NothingFollows),
    }
}

/// Gets back what is in flight, takes back the configuration, and forwards. New I/O is held already; the
/// `USBD_HANDLE` and the interface stay. STOP must succeed.
pub(super) fn stop<'d, C: StopCalls>(
    fdo: &Fdo<'d, C>,
    irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    passive: &mut C::Passive,
) -> Disposition<'d> {
    let device = fdo.device();
    let step = C::change(device, Event::Stop, passive);
    C::disarm(device, passive);
    if let Step::To { .. } = step {
        C::recall_in_flight(device, passive);
        C::drop_pipes(device, passive);
        C::deconfigure(device, passive);
        C::tell(device, Told::Stopped);
    }
    irp.forward_success(guard)
}
