//! Control requests: from the URB's structure to the SETUP packet.

use core::mem::offset_of;

use usb_models::{Direction, Setup};
use wdk_sys::{
    _URB_CONTROL_DESCRIPTOR_REQUEST, _URB_CONTROL_FEATURE_REQUEST, _URB_CONTROL_GET_INTERFACE_REQUEST,
    _URB_CONTROL_GET_STATUS_REQUEST, _URB_CONTROL_TRANSFER, _URB_CONTROL_TRANSFER_EX,
    _URB_CONTROL_VENDOR_OR_CLASS_REQUEST, USBD_DEFAULT_PIPE_TRANSFER, USBD_TRANSFER_DIRECTION_IN,
};

use super::{
    Usb,
    data::{self, Buffer, FLAGS, PIPE},
    function::Shape,
    limits,
    outcome::Refused,
    status,
    transfer::{Job, Wire, Work},
};
use crate::nt::urb::Urb;

const TO_HOST: u8 = 0x80;
const GET_STATUS: u8 = 0;
const GET_DESCRIPTOR: u8 = 6;
const SET_DESCRIPTOR: u8 = 7;
const GET_CONFIGURATION: u8 = 8;
const GET_INTERFACE: u8 = 10;

/// What an URB says about its control request.
struct Told {
    setup: Setup,
    timeout_ms: u32,
}

impl Told {
    const fn new(request_type: u8, request: u8, value: u16, index: u16) -> Self {
        Self { setup: Setup { request_type, request, value, index, length: 0 }, timeout_ms: 0 }
    }
}

impl Usb {
    /// Checks a control request.
    pub(super) fn control_job(&self, urb: Urb, shape: Shape) -> Result<Job, Refused> {
        let told = setup(urb, shape)?;
        if !shape.has_buffer() {
            return Ok(Job::new(Wire::Control(told.setup), Work::Nothing));
        }
        let Buffer { runs, length, made_mdl } = data::buffer(urb, false)?;
        if length > limits::control(self.model.speed()) {
            return Err(status::INVALID_PARAMETER);
        }
        // The length on the bus is the buffer's: 64 KB is more than wLength can say.
        let on_the_bus = u16::try_from(length).map_err(|_| status::INVALID_PARAMETER)?;
        let setup = Setup { length: on_the_bus, ..told.setup };
        Ok(Job {
            runs,
            length,
            is_in: setup.direction() == Direction::In,
            made_mdl,
            has_length: true,
            timeout_ms: told.timeout_ms,
            ..Job::new(Wire::Control(setup), Work::Nothing)
        })
    }
}

fn setup(urb: Urb, shape: Shape) -> Result<Told, Refused> {
    Ok(match shape {
        Shape::Descriptor { set, recipient } => {
            let kind = urb.get(offset_of!(_URB_CONTROL_DESCRIPTOR_REQUEST, DescriptorType));
            let index = urb.get(offset_of!(_URB_CONTROL_DESCRIPTOR_REQUEST, Index));
            let language = urb.get(offset_of!(_URB_CONTROL_DESCRIPTOR_REQUEST, LanguageId));
            let (direction, request) = if set { (0, SET_DESCRIPTOR) } else { (TO_HOST, GET_DESCRIPTOR) };
            Told::new(direction | recipient, request, u16::from_be_bytes([kind, index]), language)
        }
        Shape::Feature { request, recipient } => {
            let selector = urb.get(offset_of!(_URB_CONTROL_FEATURE_REQUEST, FeatureSelector));
            let index = urb.get(offset_of!(_URB_CONTROL_FEATURE_REQUEST, Index));
            Told::new(recipient, request, selector, index)
        }
        Shape::Status { recipient } => {
            let index = urb.get(offset_of!(_URB_CONTROL_GET_STATUS_REQUEST, Index));
            Told::new(TO_HOST | recipient, GET_STATUS, 0, index)
        }
        Shape::GetConfiguration => Told::new(TO_HOST, GET_CONFIGURATION, 0, 0),
        Shape::GetInterface => {
            let interface = urb.get(offset_of!(_URB_CONTROL_GET_INTERFACE_REQUEST, Interface));
            Told::new(TO_HOST | 1, GET_INTERFACE, 0, interface)
        }
        Shape::Request { kind, recipient } => {
            let reads = urb.get::<u32>(FLAGS) & USBD_TRANSFER_DIRECTION_IN != 0;
            let direction = if reads { TO_HOST } else { 0 };
            let request = urb.get(offset_of!(_URB_CONTROL_VENDOR_OR_CLASS_REQUEST, Request));
            let value = urb.get(offset_of!(_URB_CONTROL_VENDOR_OR_CLASS_REQUEST, Value));
            let index = urb.get(offset_of!(_URB_CONTROL_VENDOR_OR_CLASS_REQUEST, Index));
            Told::new(direction | kind | recipient, request, value, index)
        }
        Shape::ControlEx => {
            let timeout_ms = urb.get(offset_of!(_URB_CONTROL_TRANSFER_EX, Timeout));
            Told { timeout_ms, ..given(urb, offset_of!(_URB_CONTROL_TRANSFER_EX, SetupPacket))? }
        }
        _ => given(urb, offset_of!(_URB_CONTROL_TRANSFER, SetupPacket))?,
    })
}

/// A SETUP packet that the client made itself.
fn given(urb: Urb, at: usize) -> Result<Told, Refused> {
    let flags: u32 = urb.get(FLAGS);
    // NULL and the flag both mean the default pipe; there is no other control pipe.
    if urb.get::<usize>(PIPE) != 0 && flags & USBD_DEFAULT_PIPE_TRANSFER == 0 {
        return Err(status::INVALID_PIPE_HANDLE);
    }
    let setup = Setup::from_bytes(urb.get(at));
    let reads = flags & USBD_TRANSFER_DIRECTION_IN != 0;
    if reads != (setup.direction() == Direction::In) {
        return Err(status::INVALID_PARAMETER);
    }
    Ok(Told { setup, timeout_ms: 0 })
}
