//! What other PnP IRPs ask.

use usbclient_core::pnp::{Minor, PnpCalls, State};

use crate::{
    nt::{Nt, device::Device, irp::Irp, irql::Passive},
    power,
};

/// `PNP_DEVICE_FAILED`
const PNP_DEVICE_FAILED: usize = 4;

impl PnpCalls for Nt {
    fn minor(irp: &Irp) -> Minor {
        Minor::from_code(irp.minor())
    }

    fn offer_surprise_removal(irp: &mut Irp) -> bool {
        irp.offer_surprise_removal()
    }

    fn keep_capabilities(device: Device, irp: &mut Irp, passive: &mut Passive) {
        if let Some(capabilities) = irp.power_capabilities() {
            device.gate.lock(passive).power.capabilities = capabilities;
            power::policy::run(device);
        }
    }

    fn add_device_state(device: Device, irp: &mut Irp, passive: &mut Passive) -> usize {
        let gate = device.gate.lock(passive);
        let is_gone = matches!(gate.machine.state(), State::StartFailed | State::SurpriseRemoved);
        let is_dead = is_gone || gate.power.has_failed();
        drop(gate);
        irp.information() | if is_dead { PNP_DEVICE_FAILED } else { 0 }
    }

    fn usage_in_path(irp: &Irp) -> bool {
        irp.usage_in_path()
    }

    fn information(irp: &Irp) -> usize {
        irp.information()
    }
}
