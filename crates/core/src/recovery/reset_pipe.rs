//! Clearing a halted endpoint.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-recover-from-usb-pipe-errors>

use usbclient_protocol::status::Status;

use super::{Quiet, QuietCalls, Scope, while_quiet};

/// What resetting a pipe calls.
pub trait PipeCalls: QuietCalls {
    /// [`URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usb/ns-usb-_urb_pipe_request)
    /// on the pipe that the endpoint has now.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER`: the endpoint has no pipe any more; or what the USB stack answered.
    fn reset_pipe(
        device: Self::Device,
        quiet: &Quiet,
        endpoint: u8,
        passive: &mut Self::Passive,
    ) -> Result<(), Status>;
}

/// Cancels what is in flight on the pipe, then clears the halt and the data toggle on both sides. Requests that come
/// meanwhile wait: none may be sent until the reset is done.
///
/// # Errors
/// As [`PipeCalls::reset_pipe`]; `STATUS_IO_TIMEOUT` if requests did not come back; `STATUS_DEVICE_NOT_CONNECTED`.
pub fn reset_pipe<C: PipeCalls>(
    device: C::Device,
    endpoint: u8,
    passive: &mut C::Passive,
) -> Result<(), Status> {
    while_quiet::<C, _>(device, Scope::Pipe(endpoint), passive, |quiet, passive| {
        C::reset_pipe(device, quiet, endpoint, passive)
    })
}
