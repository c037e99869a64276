//! Resetting the port that the device is at.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/usbioctl/ni-usbioctl-ioctl_internal_usb_reset_port>

use usbclient_protocol::status::Status;

use super::{Quiet, QuietCalls, Scope, while_quiet};

/// What resetting the port calls.
pub trait PortCalls: QuietCalls {
    /// [`IOCTL_INTERNAL_USB_RESET_PORT`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbioctl/ni-usbioctl-ioctl_internal_usb_reset_port),
    /// sent and waited for.
    ///
    /// # Errors
    /// What the bus driver answered.
    fn reset_port(device: Self::Device, quiet: &Quiet, passive: &mut Self::Passive) -> Result<(), Status>;
}

/// Cancels everything, the default pipe's requests too, then resets the port.
///
/// The bus driver selects the configuration and the alternate settings again; all pipe handles stay valid, so nothing
/// here changes.
///
/// # Errors
/// As [`PortCalls::reset_port`]; `STATUS_IO_TIMEOUT` if requests did not come back; `STATUS_DEVICE_NOT_CONNECTED`.
pub fn reset_port<C: PortCalls>(device: C::Device, passive: &mut C::Passive) -> Result<(), Status> {
    while_quiet::<C, _>(device, Scope::Device, passive, |quiet, passive| {
        C::reset_port(device, quiet, passive)
    })
}
