//! The pipes of a configuration: put together of what the descriptor and the USB driver stack say.

use alloc::vec::Vec;

use usbclient_core::{
    descriptors::{Configuration, Endpoint, EndpointDescriptors, alternate},
    isoch::IsochPipe,
    places::Places,
    recovery,
    streams::PipeState,
    transfer::{self as limits, Speed},
};
use usbclient_protocol::{
    TransferType,
    status::{STATUS_DEVICE_CONFIGURATION_ERROR, Status},
};

use crate::{
    gate::{Configured, Gate, Pipe, Setting},
    nt::{
        device::Device,
        irql::Passive,
        mdl::PartialMdl,
        pool::{push, room_for},
        select_configuration::{ConfigurationHandle, Selected, SelectedPipe},
    },
    transfer,
};

/// Slots of a device: two for the default pipe, and so many for each other one.
const SLOTS_PER_PIPE: usize = 4;

/// What a configuration consists of, once it is selected.
pub struct Opened {
    configuration: Option<ConfigurationHandle>,
    descriptor: Vec<u8>,
    settings: Vec<Setting>,
    endpoints: Vec<Endpoint>,
    pipes: Vec<Pipe>,
}

impl Opened {
    /// Nothing is selected.
    pub const fn nothing() -> Self {
        Self {
            configuration: None,
            descriptor: Vec::new(),
            settings: Vec::new(),
            endpoints: Vec::new(),
            pipes: Vec::new(),
        }
    }

    /// The pipes of alternate setting 0 of every interface.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`; `STATUS_DEVICE_CONFIGURATION_ERROR` if an endpoint has no pipe.
    pub fn new(
        descriptor: Vec<u8>,
        selected: Selected,
        limits: PipeLimits,
        passive: &Passive,
    ) -> Result<Self, Status> {
        let Selected { handle, pipes: selected } = selected;
        let configuration = Configuration::parse(&descriptor)?;
        let mut settings = room_for(configuration.interfaces().len())?;
        let mut endpoints = room_for(Configuration::MAX_ENDPOINTS)?;
        let mut pipes = room_for(Configuration::MAX_ENDPOINTS)?;
        for interface in configuration.interfaces() {
            push(&mut settings, Setting { number: interface.number, alternate: 0 })?;
            for found in alternate(&descriptor, interface.number, 0)?.endpoints() {
                let partial = make_partial(&found, limits, passive)?;
                push(&mut endpoints, found.endpoint)?;
                push(&mut pipes, make_pipe(&found, &selected, partial, limits)?)?;
            }
        }
        Ok(Self { configuration: Some(handle), descriptor, settings, endpoints, pipes })
    }

    /// Changes places with what is selected.
    pub fn swap(&mut self, configured: &mut Configured) {
        core::mem::swap(&mut self.configuration, &mut configured.configuration);
        core::mem::swap(&mut self.descriptor, &mut configured.descriptor);
        core::mem::swap(&mut self.settings, &mut configured.settings);
        core::mem::swap(&mut self.endpoints, &mut configured.endpoints);
        core::mem::swap(&mut self.pipes, &mut configured.pipes);
        configured.places = Places::of(&configured.endpoints);
    }
}

/// What the sizes of transfers depend on beside the endpoint.
#[derive(Clone, Copy)]
pub struct PipeLimits {
    /// The speed of the connection.
    pub speed: Speed,
    /// Whether the USB driver stack said so.
    pub is_speed_known: bool,
    /// Whether the USB 3 driver stack is below.
    pub is_usb3_stack: bool,
}

/// Bytes that go to the bus as one transfer; zero for an isochronous endpoint, whose pipe knows.
const fn chunk_limit(endpoint: Endpoint, limits: PipeLimits) -> u32 {
    match limits::maximum(endpoint.transfer_type(), limits.speed, limits.is_usb3_stack) {
        0 => 0,
        maximum => limits::chunk_limit(maximum, endpoint.packet_size()),
    }
}

/// What the parts of a larger request need.
fn make_partial(
    found: &EndpointDescriptors,
    limits: PipeLimits,
    passive: &Passive,
) -> Result<Option<PartialMdl>, Status> {
    match chunk_limit(found.endpoint, limits) {
        0 => Ok(None),
        limit => PartialMdl::new(limit, passive).map(Some),
    }
}

/// A pipe that the USB driver stack has opened. Allocates nothing.
fn make_pipe(
    found: &EndpointDescriptors,
    selected: &[SelectedPipe],
    partial: Option<PartialMdl>,
    limits: PipeLimits,
) -> Result<Pipe, Status> {
    let (endpoint, companion) = (found.endpoint, found.companion);
    let selected = selected.iter().find(|pipe| pipe.endpoint == endpoint.address);
    let selected = selected.ok_or(STATUS_DEVICE_CONFIGURATION_ERROR)?;
    let kind = endpoint.transfer_type();
    let PipeLimits { speed, is_speed_known, is_usb3_stack } = limits;
    let isoch = (kind == TransferType::Isochronous && is_speed_known)
        .then(|| IsochPipe::new(&endpoint, companion, selected.packet_size, speed, is_usb3_stack));
    Ok(Pipe {
        state: PipeState::new(selected.handle),
        max_streams: match kind {
            TransferType::Bulk => companion.map_or(0, |companion| companion.max_streams()),
            _ => 0,
        },
        limit: isoch.as_ref().map_or_else(|| chunk_limit(endpoint, limits), IsochPipe::max_bytes),
        isoch,
        partial,
        bounce: None,
        has_bounce: false,
        is_held: false,
        reader: None,
        interface: endpoint.interface,
        max_burst: companion.map_or(0, |companion| companion.max_burst),
    })
}

/// The memory that the pipes of a setting need.
pub struct SettingRoom {
    found: Vec<(EndpointDescriptors, Option<PartialMdl>)>,
    made: Vec<(Endpoint, Pipe)>,
    limits: PipeLimits,
}

/// The pipes of one setting that is selected.
pub struct SettingPipes(Vec<(Endpoint, Pipe)>);

impl SettingRoom {
    /// Makes it.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`
    pub fn new(setting: &recovery::Setting, limits: PipeLimits, passive: &Passive) -> Result<Self, Status> {
        let mut found = room_for(Configuration::MAX_ENDPOINTS)?;
        for endpoint in setting.endpoints() {
            push(&mut found, (*endpoint, make_partial(endpoint, limits, passive)?))?;
        }
        Ok(Self { found, made: room_for(Configuration::MAX_ENDPOINTS)?, limits })
    }

    /// The pipes that the USB driver stack has opened.
    ///
    /// # Errors
    ///
    /// `STATUS_DEVICE_CONFIGURATION_ERROR` if an endpoint has no pipe.
    pub fn fill(self, selected: &[SelectedPipe]) -> Result<SettingPipes, Status> {
        let Self { found, mut made, limits } = self;
        for (found, partial) in found {
            let pipe = make_pipe(&found, selected, partial, limits)?;
            push(&mut made, (found.endpoint, pipe))?;
        }
        Ok(SettingPipes(made))
    }
}

/// Puts the pipes of a setting in the place of those that the interface has. Under the lock; allocates nothing.
pub fn replace(configured: &mut Configured, number: u8, alternate: u8, new: Option<SettingPipes>) {
    configured.endpoints.retain(|endpoint| endpoint.interface != number);
    configured.pipes.retain(|pipe| pipe.interface != number);
    for setting in configured.settings.iter_mut().filter(|setting| setting.number == number) {
        setting.alternate = alternate;
    }
    for (endpoint, pipe) in new.into_iter().flat_map(|SettingPipes(pairs)| pairs) {
        // No address twice, which finding the setting has tested: there is room for all.
        if push(&mut configured.endpoints, endpoint).is_ok() {
            let _pushed = push(&mut configured.pipes, pipe);
        }
    }
    configured.places = Places::of(&configured.endpoints);
}

/// Makes the pool as large as the pipes want it. It grows on demand too, so that there is no memory now does not matter
/// to who asks later.
///
/// # Errors
///
/// `STATUS_INSUFFICIENT_RESOURCES`
pub fn make_slots(device: Device, passive: &mut Passive) -> Result<(), Status> {
    let (missing, missing_isoch) = missing_slots(&device.gate.lock(passive));
    for _slot in 0..missing {
        transfer::add_slot(device, passive)?;
    }
    for _slot in 0..missing_isoch {
        transfer::add_isoch_slot(device, passive)?;
    }
    Ok(())
}

/// How many slots are to be added, and how many for isochronous transfers.
fn missing_slots(gate: &Gate) -> (usize, usize) {
    let pipes = gate.configured.as_ref().map_or(&[][..], |configured| &configured.pipes);
    let isoch = pipes.iter().filter(|pipe| pipe.isoch.is_some()).count();
    let others = pipes.len().saturating_sub(isoch);
    let (have, have_isoch) = gate.slots.count();
    // Those of a reader that is there already, after the device was stopped.
    let readers = pipes.iter().filter_map(|pipe| pipe.reader.as_ref());
    let of_readers = readers.fold(0_usize, |sum, reader| sum.saturating_add(reader.reads()));
    let wanted = others.saturating_mul(SLOTS_PER_PIPE).saturating_add(2).saturating_add(of_readers);
    let wanted_isoch = isoch.saturating_mul(SLOTS_PER_PIPE);
    (wanted.saturating_sub(have), wanted_isoch.saturating_sub(have_isoch))
}

/// The most bytes of one control transfer.
pub const fn control_maximum(limits: PipeLimits) -> u32 {
    limits::maximum(TransferType::Control, limits.speed, limits.is_usb3_stack)
}
