//! Selecting configurations and alternate settings.

use std::mem::offset_of;

use nt_trace::event::{PendingAtChange, UrbKind};
use usb_models::Speed;

use super::{
    control::{SET_CONFIGURATION, SET_INTERFACE, own_request},
    device::Configuration,
    function::Shape,
    interface_info,
    parse::{self, CONFIGURATION_SIZE, Endpoint, Interface},
    pipe::{Pipe, PipeKind, maximum_packet, maximum_streams},
    status::{Outcome, Refusal},
    streams::Streams,
    transfer::{Job, Work},
};
use crate::{
    abi::{
        urb::{URB_SELECT_CONFIGURATION, URB_SELECT_INTERFACE},
        usbd_status::{
            USBD_STATUS_BUFFER_TOO_SMALL, USBD_STATUS_CANCELED, USBD_STATUS_DEVICE_GONE,
            USBD_STATUS_INTERFACE_NOT_FOUND, USBD_STATUS_INVALID_CONFIGURATION_DESCRIPTOR,
            USBD_STATUS_INVALID_PARAMETER, USBD_STATUS_SET_CONFIG_FAILED,
        },
    },
    kernel::Kernel,
    mem::Addr,
    stop::Stop,
};

/// What a select request asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    /// `bConfigurationValue`
    value: u8,
    interfaces: Vec<Chosen>,
}

/// One interface of a select request.
#[derive(Clone, Debug)]
struct Chosen {
    /// Where its `USBD_INTERFACE_INFORMATION` is, as an offset into the URB.
    at: u64,
    interface: Interface,
    endpoints: Vec<Endpoint>,
}

/// Where the interfaces of a select-configuration URB begin.
pub(super) const INTERFACES: u64 = offset_of!(URB_SELECT_CONFIGURATION, Interface) as u64;
/// Where the interface of a select-interface URB begins.
pub(super) const INTERFACE: u64 = offset_of!(URB_SELECT_INTERFACE, Interface) as u64;
/// Where both kinds of URB have a pointer that says what they select.
const SELECTS: usize = offset_of!(URB_SELECT_CONFIGURATION, ConfigurationDescriptor);

impl Kernel {
    /// URBs are used for what they were made for: select-configuration for the same configuration,
    /// select-interface for the same setting, plain ones for neither, except to select no configuration.
    pub(super) fn usb_check_kind(&self, urb: Addr, shape: Shape) -> Result<(), Refusal> {
        let Some(record) = self.usb.urbs.get(&urb) else { return Ok(()) };
        let fits = match record.kind {
            UrbKind::SelectConfiguration => {
                let descriptor: Addr = self.mem.read(urb.field(SELECTS))?;
                shape == Shape::SelectConfiguration
                    && !descriptor.is_null()
                    && self.mem.bytes(descriptor, 6).ok().and_then(parse::configuration_value)
                        == Some(record.selects.0)
            }
            UrbKind::SelectInterface => {
                let told = self.usb_read_interface(urb.add(INTERFACE))?;
                shape == Shape::SelectInterface && (told.number, told.alternate) == record.selects
            }
            UrbKind::Isochronous => matches!(shape, Shape::Isochronous { .. }),
            UrbKind::Plain if shape == Shape::SelectConfiguration => {
                self.mem.read::<Addr>(urb.field(SELECTS))?.is_null()
            }
            UrbKind::Plain => !matches!(shape, Shape::SelectInterface | Shape::Isochronous { .. }),
            _ => true,
        };
        if fits { Ok(()) } else { Err(Refusal::usbd(USBD_STATUS_INVALID_PARAMETER)) }
    }

    /// Tells of transfers that a selection ends: they should have been brought back before.
    ///
    /// Page: `usbcon/usb-client-driver-contract-in-windows-8`, which names the race.
    pub(super) fn usb_look_for_pending(
        &mut self,
        pdo: Addr,
        irp: Addr,
        urb: Addr,
        shape: Shape,
    ) -> Result<(), Refusal> {
        match shape {
            Shape::SelectConfiguration => self.usb_tell_pending(pdo, irp, "select a configuration", None),
            Shape::SelectInterface => {
                let number = self.usb_read_interface(urb.add(INTERFACE))?.number;
                self.usb_tell_pending(pdo, irp, "select a setting", Some(number));
            }
            _ => {}
        }
        Ok(())
    }

    /// Tells of transfers on the pipes of an interface, or on any pipe, that are about to end.
    pub(super) fn usb_tell_pending(
        &mut self,
        pdo: Addr,
        irp: Addr,
        what: &'static str,
        interface: Option<u8>,
    ) {
        let Some(device) = self.usb.devices.get(&pdo) else { return };
        let concerned = |handle: &Addr| {
            let pipe = device.pipes.get(handle);
            pipe.is_some_and(|pipe| interface.is_none_or(|interface| pipe.interface == interface))
        };
        let pending = device.transfers.values().filter(|transfer| concerned(&transfer.job.pipe)).count();
        if pending > 0 {
            let irp = self.object(irp);
            let pending = u32::try_from(pending).unwrap_or(u32::MAX);
            self.emit(PendingAtChange { irp, what: what.into(), pending });
        }
    }

    /// Checks a select-configuration request.
    pub(super) fn usb_select_configuration(&self, urb: Addr, length: u16) -> Result<Job, Refusal> {
        let descriptor: Addr = self.mem.read(urb.field(SELECTS))?;
        if descriptor.is_null() {
            return Ok(own_request(0, SET_CONFIGURATION, 0, 0, Work::SelectConfiguration(None)));
        }
        let header = self.mem.bytes(descriptor, CONFIGURATION_SIZE as u64)?;
        let bad = Refusal::usbd(USBD_STATUS_INVALID_CONFIGURATION_DESCRIPTOR);
        let (Some(value), Some(total)) = (parse::configuration_value(header), parse::total_length(header))
        else {
            return Err(bad);
        };
        let bytes = self.mem.bytes(descriptor, u64::from(total))?;
        let mut selection = Selection { value, interfaces: Vec::new() };
        let mut at = INTERFACES;
        while at < u64::from(length) {
            let chosen = self.usb_choose(urb, at, length, bytes)?;
            at += u64::from(self.mem.read::<u16>(urb.add(at))?);
            selection.interfaces.push(chosen);
        }
        let work = Work::SelectConfiguration(Some(selection));
        Ok(own_request(0, SET_CONFIGURATION, u16::from(value), 0, work))
    }

    /// Checks a select-interface request.
    pub(super) fn usb_select_interface(&self, pdo: Addr, urb: Addr, length: u16) -> Result<Job, Refusal> {
        let handle: Addr = self.mem.read(urb.field(SELECTS))?;
        let Some(device) = self.usb.devices.get(&pdo) else { return Err(Refusal::Refused(Outcome::GONE)) };
        let configuration = device.configuration.as_ref().filter(|selected| selected.handle == handle);
        let Some(configuration) = configuration else {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_PARAMETER));
        };
        let value = configuration.value;
        let bytes = (0..=u8::MAX)
            .map_while(|index| device.model.configuration_descriptor(index))
            .find(|bytes| parse::configuration_value(bytes) == Some(value))
            .ok_or(Refusal::usbd(USBD_STATUS_INVALID_CONFIGURATION_DESCRIPTOR))?;
        let chosen = self.usb_choose(urb, INTERFACE, length, bytes)?;
        let Interface { number, alternate, .. } = chosen.interface;
        let work = Work::SelectInterface(Selection { value, interfaces: vec![chosen] });
        Ok(own_request(1, SET_INTERFACE, u16::from(alternate), u16::from(number), work))
    }

    /// One interface of a select request: what the client wrote at `at`, and what the descriptor says.
    fn usb_choose(&self, urb: Addr, at: u64, length: u16, bytes: &[u8]) -> Result<Chosen, Refusal> {
        let too_small = Refusal::usbd(USBD_STATUS_BUFFER_TOO_SMALL);
        if at + interface_info::size(0) > u64::from(length) {
            return Err(too_small);
        }
        let told = self.usb_read_interface(urb.add(at))?;
        let found = parse::interfaces(bytes, 0)
            .find(|(_, interface)| interface.number == told.number && interface.alternate == told.alternate);
        let (offset, interface) = found.ok_or(Refusal::usbd(USBD_STATUS_INTERFACE_NOT_FOUND))?;
        let endpoints: Vec<Endpoint> =
            parse::endpoints(bytes, offset).map(|(_, endpoint)| endpoint).collect();
        if endpoints.len() != usize::from(interface.endpoints) {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_CONFIGURATION_DESCRIPTOR));
        }
        let size = u64::from(told.length);
        if size < interface_info::size(interface.endpoints) || at + size > u64::from(length) {
            return Err(too_small);
        }
        Ok(Chosen { at, interface, endpoints })
    }

    /// The device has answered `SET_CONFIGURATION`.
    pub(super) fn usb_configured(
        &mut self,
        pdo: Addr,
        urb: Addr,
        selection: Option<&Selection>,
        outcome: Outcome,
    ) -> Result<Outcome, Stop> {
        if outcome != Outcome::SUCCESS {
            return Ok(failed(outcome));
        }
        self.usb_deconfigure(pdo);
        let Some(selection) = selection else { return Ok(outcome) };
        let handle = self.usb.token();
        let settings = selection.interfaces.iter().map(|chosen| (chosen.interface.number, 0)).collect();
        let now = self.usb_now();
        if let Some(device) = self.usb.devices.get_mut(&pdo) {
            device.configuration = Some(Configuration { value: selection.value, handle, settings });
            for Interface { number, alternate, .. } in
                selection.interfaces.iter().map(|chosen| chosen.interface)
            {
                if alternate != 0 && device.model.set_interface(now, number, alternate).is_err() {
                    return Ok(Outcome::new(USBD_STATUS_SET_CONFIG_FAILED, 0));
                }
            }
        }
        self.mem.write(urb.field(offset_of!(URB_SELECT_CONFIGURATION, ConfigurationHandle)), &handle)?;
        for chosen in &selection.interfaces {
            self.usb_open_interface(pdo, urb, handle, chosen)?;
        }
        Ok(outcome)
    }

    /// The device has answered `SET_INTERFACE`.
    pub(super) fn usb_interface_set(
        &mut self,
        pdo: Addr,
        urb: Addr,
        selection: &Selection,
        outcome: Outcome,
    ) -> Result<Outcome, Stop> {
        let Some(chosen) = selection.interfaces.first().filter(|_| outcome == Outcome::SUCCESS) else {
            return Ok(outcome);
        };
        self.usb_close_pipes(pdo, Some(chosen.interface.number));
        let configuration = self.usb.devices.get(&pdo).and_then(|device| device.configuration.as_ref());
        let handle = configuration.map_or(Addr::NULL, |configuration| configuration.handle);
        self.usb_open_interface(pdo, urb, handle, chosen)?;
        Ok(outcome)
    }

    fn usb_open_interface(
        &mut self,
        pdo: Addr,
        urb: Addr,
        handle: Addr,
        chosen: &Chosen,
    ) -> Result<(), Stop> {
        let Interface { number, alternate, .. } = chosen.interface;
        let at = urb.add(chosen.at);
        let count = u32::from(chosen.interface.endpoints);
        // A number that only the stack understands, and no other interface has.
        let interface_handle = handle.add(u64::from(number) + 1);
        self.usb_answer_interface(at, chosen.interface, interface_handle, count)?;
        let speed = self.usb.devices.get(&pdo).map_or(Speed::High, |device| device.model.speed());
        for (index, endpoint) in (0..).zip(chosen.endpoints.iter().copied()) {
            let open = Pipe {
                interface: number,
                endpoint: endpoint.address,
                kind: PipeKind::of(endpoint.attributes),
                packet: maximum_packet(speed, endpoint),
                interval: endpoint.interval,
                halted: false,
                max_streams: maximum_streams(speed, endpoint),
                streams: Streams::Never,
                stream: None,
                next_frame: None,
            };
            let pipe = self.usb_open_pipe(pdo, open);
            self.usb_answer_pipe(at, index, (endpoint, open), pipe)?;
        }
        let device = self.usb.devices.get_mut(&pdo);
        if let Some(selected) = device.and_then(|device| device.configuration.as_mut()) {
            selected.settings.insert(number, alternate);
        }
        Ok(())
    }

    /// Nothing is selected any more: all handles of the last configuration are stale.
    pub(super) fn usb_deconfigure(&mut self, pdo: Addr) {
        self.usb_close_pipes(pdo, None);
        if let Some(device) = self.usb.devices.get_mut(&pdo) {
            device.configuration = None;
        }
    }
}

/// A device that refuses a configuration has failed that; one that is gone or was aborted is just that.
const fn failed(outcome: Outcome) -> Outcome {
    match outcome.usbd {
        USBD_STATUS_DEVICE_GONE | USBD_STATUS_CANCELED => outcome,
        _ => Outcome::new(USBD_STATUS_SET_CONFIG_FAILED, 0),
    }
}
