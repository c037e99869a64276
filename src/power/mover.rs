//! The device leaves D0: what is in flight comes back, and then the device IRP goes down.
//!
//! The IRP is marked pending and waits; this waits in a work item, as the page asks, because an URB that aborts a pipe
//! is waited for, and a power IRP may have to go down at `PASSIVE_LEVEL`.
//!
//! Page: [Passing Power IRPs](https://learn.microsoft.com/windows-hardware/drivers/kernel/passing-power-irps)

use usbclient_core::power::PowerCalls as _;

use super::policy;
use crate::{
    calls::recall,
    nt::{
        Nt,
        device::Device,
        irql::Passive,
        work_item::{Work, WorkItem},
    },
};

/// The work item of device IRPs that wait.
pub struct Mover;

impl Work for Mover {
    fn item(device: &Device) -> &WorkItem {
        &device.mover
    }

    fn run(device: Device, passive: &mut Passive) {
        let irp = device.gate.lock(passive).power_irps.leaving.take();
        let Some(irp) = irp else { return };
        let to = irp.to();
        let quiet = loop {
            recall(device, passive);
            if let Some(quiet) = Nt::with_power(device, passive, |power, facts| power.leave(to, facts)) {
                break quiet;
            }
        };
        irp.pass_down(quiet);
        policy::run_if_needed(device, passive);
    }
}
