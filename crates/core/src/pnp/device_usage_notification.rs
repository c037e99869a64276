//! `IRP_MN_DEVICE_USAGE_NOTIFICATION`.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-device-usage-notification>

use usbclient_protocol::status::STATUS_NOT_IMPLEMENTED;

use super::PnpCalls;
use crate::dispatch::{Disposition, Irp, RemoveGuard};

/// The device holds no paging, hibernation or dump file: entering such a path is failed, leaving one goes down.
pub(super) fn device_usage_notification<'d, C: PnpCalls>(
    mut irp: Irp<'d, C>,
    guard: RemoveGuard<'d, C>,
) -> Disposition<'d> {
    if C::usage_in_path(irp.raw()) {
        irp.complete(guard, STATUS_NOT_IMPLEMENTED.nt(), 0)
    } else {
        irp.forward(guard)
    }
}
