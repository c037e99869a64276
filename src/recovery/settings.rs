//! Alternate settings and configurations are selected, and their pipes take the place of the old ones.

use alloc::vec::Vec;

use usbclient_core::{
    descriptors::{Configuration, DeviceDescriptor},
    recovery::{ConfigurationCalls, Quiet, Scope, Setting, SettingCalls},
};
use usbclient_protocol::status::{STATUS_DEVICE_NOT_READY, STATUS_INVALID_PARAMETER, Status};

use super::{calls::with_sender, quiet::endpoints};
use crate::{
    gate::Configured,
    nt::{
        Nt,
        device::Device,
        irql::{AtMostDispatch, Passive},
        pool,
        select_configuration::{self, SettingRequest},
    },
    pipes::{self, Opened, SettingPipes, SettingRoom},
    reader,
};

const DEVICE_DESCRIPTOR: u8 = 1;
const CONFIGURATION_DESCRIPTOR: u8 = 2;

/// Looks at what START made. It stays as long as a recovery runs, because STOP waits for that.
fn look<R>(
    device: Device,
    irql: &mut AtMostDispatch,
    body: impl FnOnce(&mut Configured) -> Result<R, Status>,
) -> Result<R, Status> {
    let mut gate = device.gate.lock(irql);
    gate.configured.as_mut().ok_or(STATUS_DEVICE_NOT_READY).and_then(body)
}

/// A request for an alternate setting, and its pipes.
pub struct PreparedSetting {
    request: SettingRequest,
    room: SettingRoom,
}

impl SettingCalls for Nt {
    type NewPipes = SettingPipes;
    type Prepared = PreparedSetting;

    fn find_setting(
        device: Device,
        number: u8,
        alternate: Option<u8>,
        passive: &mut Passive,
    ) -> Result<Setting, Status> {
        look(device, passive, |configured| {
            let now = configured.settings.iter().find(|setting| setting.number == number);
            let alternate = alternate.or_else(|| now.map(|setting| setting.alternate));
            let alternate = alternate.ok_or(STATUS_INVALID_PARAMETER)?;
            Setting::find(&configured.descriptor, number, alternate, &configured.endpoints)
        })
    }

    fn prepare_setting(
        device: Device,
        setting: &Setting,
        passive: &mut Passive,
    ) -> Result<PreparedSetting, Status> {
        let (configuration, limits) = look(device, passive, |configured| {
            let configuration = configured.configuration.ok_or(STATUS_DEVICE_NOT_READY)?;
            Ok((configuration, configured.limits))
        })?;
        let room = SettingRoom::new(setting, limits, passive)?;
        let count = setting.interface().endpoint_count;
        let request = with_sender(device, passive, |handle, _sender, passive| {
            SettingRequest::build(handle, configuration, setting.bytes(), count, passive)
        })?;
        Ok(PreparedSetting { request, room })
    }

    fn select_setting(
        device: Device,
        _quiet: &Quiet,
        prepared: PreparedSetting,
        passive: &mut Passive,
    ) -> Result<SettingPipes, Status> {
        let PreparedSetting { request, room } = prepared;
        let selected =
            with_sender(device, passive, |_handle, sender, passive| request.send(sender, passive))?;
        room.fill(&selected)
    }

    fn replace_pipes(
        device: Device,
        _quiet: &Quiet,
        setting: &Setting,
        new: Option<SettingPipes>,
        passive: &mut Passive,
    ) {
        let interface = setting.interface();
        let mut guard = device.gate.lock(passive);
        let gate = &mut *guard;
        gate.files.setting_changed(interface.number);
        let part = endpoints(gate, Scope::Interface(interface.number));
        let over = reader::remove(gate, |endpoint| part.contains(endpoint));
        if let Some(configured) = &mut gate.configured {
            pipes::replace(configured, interface.number, interface.alternate, new);
        }
        drop(guard);
        over.end(device, passive);
        // The pool grows when it has to, if there is no memory now.
        let _grown = pipes::make_slots(device, passive);
    }
}

impl ConfigurationCalls for Nt {
    type Bytes = Vec<u8>;
    type Opened = Opened;

    fn is_function(device: Device, passive: &mut Passive) -> bool {
        device.gate.lock(passive).is_function
    }

    fn configuration_count(device: Device, passive: &mut Passive) -> Result<u8, Status> {
        let bytes = read(device, DEVICE_DESCRIPTOR, 0, DeviceDescriptor::SIZE, passive)?;
        Ok(DeviceDescriptor::parse(&bytes)?.configuration_count())
    }

    fn read_configuration(
        device: Device,
        index: u8,
        length: u16,
        passive: &mut Passive,
    ) -> Result<Vec<u8>, Status> {
        read(device, CONFIGURATION_DESCRIPTOR, index, usize::from(length), passive)
    }

    fn selected_configuration(device: Device, passive: &mut Passive) -> Result<Option<Vec<u8>>, Status> {
        let length = look(device, passive, |configured| Ok(configured.descriptor.len()))?;
        if length == 0 {
            return Ok(None);
        }
        let mut bytes = pool::try_zeroed(length)?;
        look(device, passive, |configured| {
            for (to, from) in bytes.iter_mut().zip(&configured.descriptor) {
                *to = *from;
            }
            Ok(())
        })?;
        Ok(Some(bytes))
    }

    fn open_configuration(
        device: Device,
        _quiet: &Quiet,
        bytes: Vec<u8>,
        configuration: &Configuration,
        passive: &mut Passive,
    ) -> Result<Opened, Status> {
        let limits = look(device, passive, |configured| Ok(configured.limits))?;
        let selected = with_sender(device, passive, |handle, sender, passive| {
            select_configuration::select(handle, sender, &bytes, configuration, passive)
        })?;
        Opened::new(bytes, selected, limits, passive)
    }

    fn replace_all_pipes(device: Device, _quiet: &Quiet, opened: Option<Opened>, passive: &mut Passive) {
        let mut opened = opened.unwrap_or(Opened::nothing());
        let mut guard = device.gate.lock(passive);
        let gate = &mut *guard;
        let over = reader::remove(gate, |_endpoint| true);
        if let Some(configured) = &mut gate.configured {
            opened.swap(configured);
            gate.files.configuration_changed(|number| configured.has_interface(number));
        }
        drop(guard);
        over.end(device, passive);
        // What was selected before, outside the lock.
        drop(opened);
        let _grown = pipes::make_slots(device, passive);
    }
}

/// Reads a descriptor of the device into new memory.
fn read(
    device: Device,
    descriptor_type: u8,
    index: u8,
    length: usize,
    passive: &mut Passive,
) -> Result<Vec<u8>, Status> {
    // Not on the stack: the USB driver stack maps the buffer for the controller.
    let mut bytes = pool::try_zeroed(length)?;
    let given = with_sender(device, passive, |_handle, sender, passive| {
        sender.get_descriptor(descriptor_type, index, &mut bytes, passive)
    })?;
    bytes.truncate(given);
    Ok(bytes)
}
