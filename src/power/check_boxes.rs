//! The two check boxes of Device Manager: WMI instances of this device.
//!
//! Pages: [Registering as a WMI Data Provider](https://learn.microsoft.com/windows-hardware/drivers/kernel/registering-as-a-wmi-data-provider),
//! [Handling WMI Requests](https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-wmi-requests)

use usbclient_core::{
    power::{PowerCalls as _, Settings},
    wmi::{
        Answer, Block, Minor, Registration, STATUS_WMI_GUID_NOT_FOUND, change_single_instance,
        change_single_item, query_all_data, query_single_instance,
    },
};
use usbclient_protocol::status::{STATUS_SUCCESS, Status};

use super::settings::{self, Choice};
use crate::nt::{
    Nt,
    device::Device,
    irp::Irp,
    irql::Passive,
    wmi::{self as nt, Request},
};

/// Which boxes there are.
const fn offers(settings: Settings) -> [bool; 2] {
    [
        settings.idle_enabled && settings.user_sets_idle,
        settings.system_wake_offered && settings.has_remote_wake,
    ]
}

/// Registers the boxes that the INF offers. Without registration the device works; its boxes are not shown.
pub fn offer(device: Device, passive: &mut Passive) {
    let offers = offers(device.gate.lock(passive).power.settings);
    let mut gate = device.gate.lock(passive);
    let is_new = offers.contains(&true) && !gate.power_irps.is_registered;
    gate.power_irps.is_registered |= is_new;
    drop(gate);
    if is_new && nt::register(device, passive).is_err() {
        device.gate.lock(passive).power_irps.is_registered = false;
    }
}

/// Takes the registration back, if there is one.
pub fn withdraw(device: Device, passive: &mut Passive) {
    let was_registered = core::mem::take(&mut device.gate.lock(passive).power_irps.is_registered);
    if was_registered {
        nt::deregister(device, passive);
    }
}

/// Answers a request of WMI's. `None`: it is not for this device.
pub fn answer(device: Device, irp: &mut Irp, passive: &mut Passive) -> Option<Answer> {
    let request = irp.wmi(device)?;
    Some(answer_own(device, request, passive).unwrap_or_else(Answer::from))
}

fn answer_own(device: Device, request: Request<'_>, passive: &mut Passive) -> Result<Answer, Status> {
    let settings = Nt::with_power(device, passive, |power, _facts| power.settings);
    let offers = offers(settings);
    let Request { minor, block, is_registration, buffer } = request;
    if minor == Minor::Reginfo {
        return register_blocks(device, offers, is_registration, buffer);
    }
    let (choice, value) = match block {
        Some(Block::Idle) if offers == [true, offers[1]] => (Choice::Idle, settings.user_allows_idle),
        Some(Block::Wake) if offers == [offers[0], true] => (Choice::Wake, settings.system_wake),
        _ => return Err(STATUS_WMI_GUID_NOT_FOUND),
    };
    let chosen = match minor {
        Minor::QueryAllData => return query_all_data(buffer, value, nt::now()),
        Minor::QuerySingleInstance => return query_single_instance(buffer, value, nt::now()),
        Minor::ChangeSingleInstance => change_single_instance(buffer)?,
        Minor::ChangeSingleItem => change_single_item(buffer)?,
        Minor::Reginfo | Minor::Other => return Err(STATUS_WMI_GUID_NOT_FOUND),
    };
    settings::choose(device, choice, chosen, passive)?;
    Ok(Answer { status: STATUS_SUCCESS, information: 0 })
}

/// Tells WMI of the blocks, whose instances are named after the physical device object.
fn register_blocks(
    device: Device,
    offers: [bool; 2],
    is_registration: bool,
    buffer: &mut [u8],
) -> Result<Answer, Status> {
    let registry_path = if is_registration { nt::registry_path() } else { &[] };
    let pdo = device.pdo().as_ptr() as u64;
    let registration = Registration { offers, pdo, registry_path };
    let answer = registration.reginfo(buffer)?;
    for _block in 0..registration.count() {
        nt::reference_pdo(device);
    }
    Ok(answer)
}
