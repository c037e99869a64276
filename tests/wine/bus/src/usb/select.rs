//! Selecting configurations and alternate settings.

use alloc::{vec, vec::Vec};
use core::mem::offset_of;

use usb_models::Time;
use wdk_sys::{
    _URB_SELECT_CONFIGURATION, _URB_SELECT_INTERFACE, _USBD_INTERFACE_INFORMATION, _USBD_PIPE_INFORMATION,
};

use super::{
    Configuration, Usb,
    outcome::{Outcome, Refused},
    parse::{self, CONFIGURATION_SIZE, Endpoint, Interface},
    pipe::{Pipe, PipeKind, maximum_packet},
    status,
    streams::{Streams, maximum_streams},
    transfer::{Job, Work},
};
use crate::nt::{memory::Run, urb::Urb};

/// `bRequest` of `SET_CONFIGURATION`.
const SET_CONFIGURATION: u8 = 9;
/// `bRequest` of `SET_INTERFACE`.
const SET_INTERFACE: u8 = 11;
/// Where the interfaces of a select-configuration URB begin.
const INTERFACES: usize = offset_of!(_URB_SELECT_CONFIGURATION, Interface);
/// Where the interface of a select-interface URB begins.
const INTERFACE: usize = offset_of!(_URB_SELECT_INTERFACE, Interface);
/// Where both kinds of URB have what they select: a descriptor, or a configuration's handle.
const SELECTS: usize = offset_of!(_URB_SELECT_CONFIGURATION, ConfigurationDescriptor);
/// Size of an interface's information without its pipes, in bytes.
const INFORMATION: usize = offset_of!(_USBD_INTERFACE_INFORMATION, Pipes);

/// What a select request asks for.
#[derive(Default)]
pub struct Selection {
    /// `bConfigurationValue`
    value: u8,
    interfaces: Vec<Chosen>,
}

/// One interface of a select request.
struct Chosen {
    /// Where its `USBD_INTERFACE_INFORMATION` is, as an offset into the URB.
    at: usize,
    interface: Interface,
    endpoints: Vec<Endpoint>,
}

/// Checks a select-configuration request.
pub fn configuration(urb: Urb) -> Result<Job, Refused> {
    let descriptor: usize = urb.get(SELECTS);
    if descriptor == 0 {
        return Ok(Job::own_request(0, SET_CONFIGURATION, 0, 0, Work::SelectConfiguration(None)));
    }
    let header = Run::at(descriptor, CONFIGURATION_SIZE).copied();
    let (Some(value), Some(total)) = (parse::configuration_value(&header), parse::total_length(&header))
    else {
        return Err(status::INVALID_CONFIGURATION_DESCRIPTOR);
    };
    let bytes = Run::at(descriptor, usize::from(total)).copied();
    let mut selection = Selection { value, interfaces: Vec::new() };
    let mut at = INTERFACES;
    while at < usize::from(urb.length()) {
        let chosen = choose(urb, at, &bytes)?;
        at += usize::from(urb.get::<u16>(at));
        selection.interfaces.push(chosen);
    }
    let work = Work::SelectConfiguration(Some(selection));
    Ok(Job::own_request(0, SET_CONFIGURATION, u16::from(value), 0, work))
}

/// One interface of a select request: what the client wrote at `at`, and what the descriptor says.
fn choose(urb: Urb, at: usize, bytes: &[u8]) -> Result<Chosen, Refused> {
    let length = usize::from(urb.length());
    if at + INFORMATION > length {
        return Err(status::BUFFER_TOO_SMALL);
    }
    let number: u8 = urb.get(at + offset_of!(_USBD_INTERFACE_INFORMATION, InterfaceNumber));
    let alternate: u8 = urb.get(at + offset_of!(_USBD_INTERFACE_INFORMATION, AlternateSetting));
    let (offset, interface) = parse::interfaces(bytes)
        .find(|(_, interface)| interface.number == number && interface.alternate == alternate)
        .ok_or(status::INTERFACE_NOT_FOUND)?;
    let endpoints: Vec<Endpoint> = parse::endpoints(bytes, offset).collect();
    if endpoints.len() != usize::from(interface.endpoints) {
        return Err(status::INVALID_CONFIGURATION_DESCRIPTOR);
    }
    let size = usize::from(urb.get::<u16>(at));
    let needed = INFORMATION + endpoints.len() * size_of::<_USBD_PIPE_INFORMATION>();
    if size < needed || at + size > length {
        return Err(status::BUFFER_TOO_SMALL);
    }
    Ok(Chosen { at, interface, endpoints })
}

impl Usb {
    /// Checks a select-interface request.
    pub(super) fn select_interface(&self, urb: Urb) -> Result<Job, Refused> {
        let handle: usize = urb.get(SELECTS);
        let selected = self.configuration.as_ref().filter(|selected| selected.handle == handle);
        let value = selected.ok_or(status::INVALID_PARAMETER)?.value;
        let bytes = (0..=u8::MAX)
            .map_while(|index| self.model.configuration_descriptor(index))
            .find(|bytes| parse::configuration_value(bytes) == Some(value))
            .ok_or(status::INVALID_CONFIGURATION_DESCRIPTOR)?;
        let chosen = choose(urb, INTERFACE, bytes)?;
        let Interface { number, alternate, .. } = chosen.interface;
        let work = Work::SelectInterface(Selection { value, interfaces: vec![chosen] });
        Ok(Job::own_request(1, SET_INTERFACE, u16::from(alternate), u16::from(number), work))
    }

    /// The device has answered `SET_CONFIGURATION`.
    pub(super) fn configured(
        &mut self,
        now: Time,
        urb: Urb,
        selection: Option<&Selection>,
        outcome: Outcome,
    ) -> Outcome {
        if outcome != Outcome::SUCCESS {
            // A device that refuses a configuration has failed that; one that is gone or was aborted is just that.
            return match outcome.usbd {
                status::DEVICE_GONE | status::CANCELED => outcome,
                _ => Outcome::new(status::SET_CONFIG_FAILED, 0),
            };
        }
        self.deconfigure();
        let Some(selection) = selection else { return outcome };
        let handle = self.token();
        let settings = selection.interfaces.iter().map(|chosen| (chosen.interface.number, 0)).collect();
        self.configuration = Some(Configuration { value: selection.value, handle, settings });
        for Interface { number, alternate, .. } in selection.interfaces.iter().map(|chosen| chosen.interface)
        {
            if alternate != 0 && self.model.set_interface(now, number, alternate).is_err() {
                return Outcome::new(status::SET_CONFIG_FAILED, 0);
            }
        }
        urb.set(offset_of!(_URB_SELECT_CONFIGURATION, ConfigurationHandle), handle);
        for chosen in &selection.interfaces {
            self.open_interface(urb, handle, chosen);
        }
        outcome
    }

    /// The device has answered `SET_INTERFACE`.
    pub(super) fn interface_set(&mut self, urb: Urb, selection: &Selection, outcome: Outcome) -> Outcome {
        let Some(chosen) = selection.interfaces.first().filter(|_| outcome == Outcome::SUCCESS) else {
            return outcome;
        };
        self.close_pipes(Some(chosen.interface.number));
        let handle = self.configuration.as_ref().map_or(0, |selected| selected.handle);
        self.open_interface(urb, handle, chosen);
        outcome
    }

    fn open_interface(&mut self, urb: Urb, handle: usize, chosen: &Chosen) {
        let Chosen { at, interface, ref endpoints } = *chosen;
        let field = |offset: usize| at + offset;
        urb.set(field(offset_of!(_USBD_INTERFACE_INFORMATION, Class)), interface.class);
        urb.set(field(offset_of!(_USBD_INTERFACE_INFORMATION, SubClass)), interface.subclass);
        urb.set(field(offset_of!(_USBD_INTERFACE_INFORMATION, Protocol)), interface.protocol);
        // A number that only the stack understands, and no other interface has.
        let interface_handle = handle + usize::from(interface.number) + 1;
        urb.set(field(offset_of!(_USBD_INTERFACE_INFORMATION, InterfaceHandle)), interface_handle);
        urb.set(
            field(offset_of!(_USBD_INTERFACE_INFORMATION, NumberOfPipes)),
            u32::from(interface.endpoints),
        );
        let speed = self.model.speed();
        for (index, endpoint) in endpoints.iter().copied().enumerate() {
            let open = Pipe {
                interface: interface.number,
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
            let pipe = self.open_pipe(open);
            let at = at + INFORMATION + index * size_of::<_USBD_PIPE_INFORMATION>();
            // MaximumTransferSize and PipeFlags stay as the client set them.
            urb.set(at + offset_of!(_USBD_PIPE_INFORMATION, MaximumPacketSize), open.packet);
            urb.set(at + offset_of!(_USBD_PIPE_INFORMATION, EndpointAddress), endpoint.address);
            urb.set(at + offset_of!(_USBD_PIPE_INFORMATION, Interval), endpoint.interval);
            urb.set(at + offset_of!(_USBD_PIPE_INFORMATION, PipeType), open.kind as u32);
            urb.set(at + offset_of!(_USBD_PIPE_INFORMATION, PipeHandle), pipe);
        }
        if let Some(selected) = &mut self.configuration {
            selected.settings.insert(interface.number, interface.alternate);
        }
    }

    /// Nothing is selected any more: all handles of the last configuration are stale.
    pub(super) fn deconfigure(&mut self) {
        self.close_pipes(None);
        self.configuration = None;
    }
}
