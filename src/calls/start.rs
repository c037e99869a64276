//! What START does.

use alloc::vec::Vec;

use usbclient_core::{
    capabilities::{Capabilities, Capability},
    descriptors::{Configuration, DeviceDescriptor},
    places::Places,
    pnp::StartCalls,
};
use usbclient_protocol::status::{STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_STATE, Status};

use super::with_sender;
use crate::{
    events,
    gate::Configured,
    nt::{
        Nt,
        device::Device,
        irql::{AtMostDispatch, Passive},
        pool,
        select_configuration::{self, Selected},
    },
    pipes::{self, Opened, PipeLimits},
    reader, recovery,
};

const DEVICE_DESCRIPTOR: u8 = 1;
const CONFIGURATION_DESCRIPTOR: u8 = 2;

impl StartCalls for Nt {
    type Descriptor = Vec<u8>;
    type Pipes = Selected;

    fn read_device_descriptor(
        device: Device,
        passive: &mut Passive,
    ) -> Result<([u8; DeviceDescriptor::SIZE], usize), Status> {
        // Not on the stack: the USB driver stack maps the buffer for the controller.
        let mut buffer = pool::try_zeroed(DeviceDescriptor::SIZE)?;
        let length = with_sender(device, passive, |_handle, sender, passive| {
            sender.get_descriptor(DEVICE_DESCRIPTOR, 0, &mut buffer, passive)
        })?;
        let bytes = buffer.first_chunk().copied().ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
        Ok((bytes, length))
    }

    fn read_configuration_descriptor(
        device: Device,
        length: u16,
        passive: &mut Passive,
    ) -> Result<Vec<u8>, Status> {
        let mut buffer = pool::try_zeroed(usize::from(length))?;
        let length = with_sender(device, passive, |_handle, sender, passive| {
            sender.get_descriptor(CONFIGURATION_DESCRIPTOR, 0, &mut buffer, passive)
        })?;
        buffer.truncate(length);
        Ok(buffer)
    }

    fn select_configuration(
        device: Device,
        descriptor: &Vec<u8>,
        configuration: &Configuration,
        passive: &mut Passive,
    ) -> Result<Selected, Status> {
        with_sender(device, passive, |handle, sender, passive| {
            select_configuration::select(handle, sender, descriptor, configuration, passive)
        })
    }

    fn query_capability(
        device: Device,
        capability: Capability,
        passive: &mut Passive,
    ) -> Result<u16, Status> {
        with_sender(device, passive, |handle, _sender, passive| handle.query_capability(capability, passive))
    }

    fn record_pipes(
        device: Device,
        device_descriptor: &DeviceDescriptor,
        descriptor: Vec<u8>,
        selected: Selected,
        capabilities: Capabilities,
        passive: &mut Passive,
    ) -> Result<(), Status> {
        let speed = capabilities.speed(device_descriptor.max_packet_size_0());
        let is_usb3_stack =
            with_sender(device, passive, |handle, _sender, passive| Ok(handle.is_usb3_stack(passive)))?;
        let limits = PipeLimits { speed, is_speed_known: capabilities.is_speed_known, is_usb3_stack };
        let mut configured = Configured {
            device_descriptor: *device_descriptor,
            descriptor: Vec::new(),
            configuration: None,
            settings: Vec::new(),
            endpoints: Vec::new(),
            places: Places::NONE,
            pipes: Vec::new(),
            limits,
            capabilities,
            control_maximum: pipes::control_maximum(limits),
        };
        Opened::new(descriptor, selected, limits, passive)?.swap(&mut configured);
        let mut gate = device.gate.lock(passive);
        gate.files.pipes_made(|number| configured.has_interface(number), &configured.endpoints);
        let over = reader::reinstall(&mut gate.kept_readers, &mut configured);
        gate.configured = Some(configured);
        drop(gate);
        over.end(device, passive);
        recovery::prepare(device, passive)?;
        pipes::make_slots(device, passive)?;
        reader::provide_slots(&mut device.gate.lock(passive));
        Ok(())
    }

    fn enable_interface(device: Device, passive: &mut Passive) -> Result<(), Status> {
        let interface = device.gate.lock(passive).interface.take();
        let Some(mut interface) = interface else { return Err(STATUS_INVALID_DEVICE_STATE) };
        let result = interface.enable(passive);
        device.gate.lock(passive).interface = Some(interface);
        if result.is_ok() {
            tell_started(device, passive);
        }
        result
    }
}

/// Tells event tracing that START has succeeded. The interface is on: the device is configured.
fn tell_started(device: Device, irql: &mut AtMostDispatch) {
    let gate = device.gate.lock(irql);
    let what = gate.configured.as_ref().map(|known| (known.device_descriptor, known.pipes.len()));
    drop(gate);
    if let Some((descriptor, pipes)) = what {
        events::device_started(device, &descriptor, pipes);
    }
}
