//! Devices that are elsewhere: the stack listens to them when nobody can run.

use usb_models::{Heard, Time};

use crate::{kernel::Kernel, mem::Addr};

/// Asks each device whether something came from outside, until one says so. Gives its physical device object.
pub fn hear(kernel: &mut Kernel, now: Time, until: Option<Time>) -> Option<(Addr, Heard)> {
    let present = kernel.usb.devices.iter_mut().filter(|(_, device)| !device.gone);
    present
        .map(|(pdo, device)| (*pdo, device.model.hear(now, until)))
        .find(|(_, heard)| *heard != Heard::Nothing)
}

/// Lets the device do what is due, and completes what has ended.
pub fn pump(kernel: &mut Kernel, pdo: Addr) {
    kernel.usb_pump(pdo);
}
