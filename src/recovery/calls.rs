//! What resets ask of the USB driver stack.

use usbclient_core::recovery::{PipeCalls, PortCalls, Quiet};
use usbclient_protocol::status::{STATUS_INVALID_PARAMETER, Status};

use crate::{
    calls::with_sender_at,
    nt::{Nt, Sender, device::Device, irql::Passive, usbd::HandleUse},
};

/// Runs `body` as a user of the handle, with the means of the one recovery that runs.
pub(super) fn with_sender<R>(
    device: Device,
    passive: &mut Passive,
    body: impl FnOnce(&HandleUse, &mut Sender, &mut Passive) -> Result<R, Status>,
) -> Result<R, Status> {
    with_sender_at(device, |gate| &mut gate.recovery.sender, passive, body)
}

impl PipeCalls for Nt {
    fn reset_pipe(device: Device, _quiet: &Quiet, endpoint: u8, passive: &mut Passive) -> Result<(), Status> {
        let mut gate = device.gate.lock(passive);
        let pipe = gate.configured.as_mut().and_then(|configured| configured.pipe(endpoint));
        let pipe = pipe.map(|pipe| pipe.state.endpoint()).ok_or(STATUS_INVALID_PARAMETER);
        drop(gate);
        let pipe = pipe?;
        with_sender(device, passive, |_handle, sender, passive| sender.reset_pipe(pipe, passive))
    }
}

impl PortCalls for Nt {
    fn reset_port(device: Device, _quiet: &Quiet, passive: &mut Passive) -> Result<(), Status> {
        with_sender(device, passive, |_handle, sender, passive| sender.reset_port(passive))
    }
}
