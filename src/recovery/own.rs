//! What the work item does without being asked by a request.

use usbclient_core::recovery::{Scope, Task, reset_pipe};

use super::{has_streams, quiet::set_held};
use crate::{
    gate::Gate,
    holding,
    nt::{Nt, device::Device, irql::Passive},
    reader, streams,
};

/// The device is in D0 again: pipes whose policy is `RESET_PIPE_ON_RESUME` are out of use until they are reset, and those
/// with streams, if the device was without power, until their streams are open again. Under the lock under which requests
/// are admitted again.
///
/// The configuration and the alternate settings are the bus driver's to restore, as it does when a port is reset
/// ([page](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbioctl/ni-usbioctl-ioctl_internal_usb_reset_port)).
/// Of streams no page says that.
///
/// Page: [WinUSB functions for pipe policy modification](https://learn.microsoft.com/windows-hardware/drivers/usbcon/winusb-functions-for-pipe-policy-modification)
pub fn hold_for_resume(gate: &mut Gate) {
    let was_without_power = gate.power.take_lost_power();
    let Gate { configured, policies, recovery, .. } = gate;
    let Some(configured) = configured else { return };
    for (endpoint, pipe) in configured.endpoints.iter().zip(&mut configured.pipes) {
        if was_without_power && pipe.state.streams().is_some() {
            pipe.is_held = true;
            recovery.tasks.reopen(endpoint.address);
        } else if policies.of(endpoint.address).reset_pipe_on_resume() {
            pipe.is_held = true;
            recovery.tasks.reset(endpoint.address);
        }
    }
}

pub(super) fn perform(device: Device, task: Task, passive: &mut Passive) {
    match task {
        Task::Reopen(endpoint) => {
            streams::reopen(device, endpoint, passive);
            release(device, endpoint, passive);
        }
        Task::Reset(endpoint) => reset(device, endpoint, passive),
        Task::CloseStreams => streams::close_abandoned(device, passive),
        Task::Pump(endpoint) => reader::pump(device, endpoint, passive),
    }
}

/// Whatever comes of it, the pipe is in use again: requests find out what is wrong with it.
fn reset(device: Device, endpoint: u8, passive: &mut Passive) {
    if has_streams(device, endpoint, passive) {
        streams::reset_own(device, endpoint, passive);
        release(device, endpoint, passive);
    } else {
        let _result = reset_pipe::<Nt>(device, endpoint, passive);
    }
    // A reader that could not be helped tells why.
    reader::deliver(device, endpoint, passive);
}

fn release(device: Device, endpoint: u8, passive: &mut Passive) {
    set_held(&mut device.gate.lock(passive), Scope::Pipe(endpoint), false);
    holding::send_held(device, passive);
}
