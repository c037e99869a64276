//! `IRP_MN_QUERY_PNP_DEVICE_STATE`.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-query-pnp-device-state>

use usbclient_protocol::status::{STATUS_NOT_SUPPORTED, STATUS_SUCCESS};

use super::PnpCalls;
use crate::dispatch::{Disposition, Fdo, Irp, RemoveGuard};

/// The lower drivers go first; a dead device adds `PNP_DEVICE_FAILED` to what they answered.
pub(super) fn query_pnp_device_state<'d, C: PnpCalls>(
    fdo: &Fdo<'d, C>,
    mut irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    passive: &mut C::Passive,
) -> Disposition<'d> {
    let lower = irp.forward_and_wait(&guard, passive);
    // NOT_SUPPORTED is the initial status: nobody below handled the IRP, and we may.
    if !lower.is_success() && lower != STATUS_NOT_SUPPORTED.nt() {
        let information = C::information(irp.raw());
        return irp.complete(guard, lower, information);
    }
    let before = C::information(irp.raw());
    let information = C::add_device_state(fdo.device(), irp.raw(), passive);
    let status = if information == before { lower } else { STATUS_SUCCESS };
    irp.complete(guard, status, information)
}
