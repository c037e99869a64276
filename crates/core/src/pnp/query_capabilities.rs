//! `IRP_MN_QUERY_CAPABILITIES`.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-query-capabilities>

use super::PnpCalls;
use crate::dispatch::{Disposition, Fdo, Irp, RemoveGuard};

/// `SurpriseRemovalOK` on the way down, because the device may be unplugged without asking; the power mapping on the
/// way up. Capabilities of another version go down untouched.
pub(super) fn query_capabilities<'d, C: PnpCalls>(
    fdo: &Fdo<'d, C>,
    mut irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
    passive: &mut C::Passive,
) -> Disposition<'d> {
    if !C::offer_surprise_removal(irp.raw()) {
        return irp.forward(guard);
    }
    let status = irp.forward_and_wait(&guard, passive);
    if status.is_success() {
        C::keep_capabilities(fdo.device(), irp.raw(), passive);
    }
    let information = C::information(irp.raw());
    irp.complete(guard, status, information)
}
