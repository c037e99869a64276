//! Carries out a PnP IRP.

use super::{
    Minor, PnpCalls, cancel_remove, cancel_stop, device_usage_notification, query_capabilities,
    query_pnp_device_state, query_remove, query_stop, start, stop, surprise_removal,
};
use crate::{
    dispatch::{Disposition, Fdo, Irp},
    remove,
};

/// `IRP_MJ_PNP`, at `PASSIVE_LEVEL`. The remove lock is held from here to the end of the IRP; an IRP that comes
/// when it can no longer be had is failed.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/dispatchpnp-routines>
pub fn dispatch<'d, C: PnpCalls>(
    fdo: Fdo<'d, C>,
    mut irp: Irp<'d, C>,
    passive: &'d mut C::Passive,
) -> Disposition<'d> {
    let guard = match fdo.acquire(&irp) {
        Ok(guard) => guard,
        Err(status) => return irp.refuse(status),
    };
    match C::minor(irp.raw()) {
        Minor::StartDevice => start::start(&fdo, irp, guard, passive),
        Minor::QueryRemoveDevice => query_remove::query_remove(&fdo, irp, guard, passive),
        Minor::RemoveDevice => remove::remove(fdo, irp, guard, passive),
        Minor::CancelRemoveDevice => cancel_remove::cancel_remove(&fdo, irp, guard, passive),
        Minor::StopDevice => stop::stop(&fdo, irp, guard, passive),
        Minor::QueryStopDevice => query_stop::query_stop(&fdo, irp, guard, passive),
        Minor::CancelStopDevice => cancel_stop::cancel_stop(&fdo, irp, guard, passive),
        Minor::QueryCapabilities => query_capabilities::query_capabilities(&fdo, irp, guard, passive),
        Minor::QueryPnpDeviceState => {
            query_pnp_device_state::query_pnp_device_state(&fdo, irp, guard, passive)
        }
        Minor::DeviceUsageNotification => {
            device_usage_notification::device_usage_notification::<C>(irp, guard)
        }
        Minor::SurpriseRemoval => surprise_removal::surprise_removal(&fdo, irp, guard, passive),
        Minor::Other(_) => irp.forward(guard),
    }
}
