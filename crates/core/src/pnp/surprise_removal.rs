//! `IRP_MN_SURPRISE_REMOVAL`.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-an-irp-mn-surprise-removal-request>

use usbclient_protocol::status::STATUS_DEVICE_NOT_CONNECTED;

use super::{Event, PolicyCalls, Reason, State, Step, Told};
use crate::dispatch::{Disposition, Fdo, Irp, RemoveGuard};

/// It may come before START, when the interface was never on.
pub(super) const fn next(state: State) -> Step {
    match state {
        State::SurpriseRemoved => Step::Impossible(Reason::OnlyRemoveFollows),
        State::Removed => Step::Impossible(Reason::NothingFollows),
        from => Step::To { from, to: State::SurpriseRemoved },
    }
}

/// Closes the gate, turns the interface off, ends what is held, cancels what is in flight, and forwards. No URB is
/// sent and nothing is waited for. The `USBD_HANDLE` and the URBs stay: URBs may still complete, and only REMOVE
/// may close the handle.
pub(super) fn surprise_removal<'d, C: PolicyCalls>(
    fdo: &Fdo<'d, C>,
    irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    passive: &mut C::Passive,
) -> Disposition<'d> {
    let device = fdo.device();
    let _ = C::change(device, Event::SurpriseRemoval, passive);
    C::tell(device, Told::SurpriseRemoved);
    C::disable_interface(device, passive);
    C::disarm(device, passive);
    C::withdraw_check_boxes(device, passive);
    C::fail_held(device, STATUS_DEVICE_NOT_CONNECTED, passive);
    C::cancel_in_flight(device, passive);
    irp.forward_success(guard)
}
