//! Making the device appear anew.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/usbioctl/ni-usbioctl-ioctl_internal_usb_cycle_port>

use usbclient_protocol::status::Status;

use super::{Quiet, QuietCalls, Scope, quieten};

/// Cancels everything and holds what is new.
///
/// No transfer may be sent until the bus driver has answered `IOCTL_INTERNAL_USB_CYCLE_PORT`. Who gets the proof sends
/// that request, and resumes when it comes back.
///
/// Nothing waits for that, because the removal that follows may come before the answer.
///
/// # Errors
/// `STATUS_IO_TIMEOUT` if requests did not come back; `STATUS_DEVICE_NOT_CONNECTED`.
pub fn prepare_cycle<C: QuietCalls>(device: C::Device, passive: &mut C::Passive) -> Result<Quiet, Status> {
    quieten::<C>(device, Scope::Device, passive)
}
