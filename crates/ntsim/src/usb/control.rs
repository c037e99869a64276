//! Control requests: from the URB's structure to the SETUP packet.

use usb_models::{Direction, Setup};

use super::{
    function::Shape,
    limits,
    status::Refusal,
    transfer::{Job, Wire, Work},
};
use crate::{
    abi::{
        urb::{
            URB_CONTROL_DESCRIPTOR_REQUEST, URB_CONTROL_FEATURE_REQUEST, URB_CONTROL_GET_INTERFACE_REQUEST,
            URB_CONTROL_GET_STATUS_REQUEST, URB_CONTROL_TRANSFER, URB_CONTROL_TRANSFER_EX,
            URB_CONTROL_VENDOR_OR_CLASS_REQUEST, USBD_DEFAULT_PIPE_TRANSFER, USBD_SHORT_TRANSFER_OK,
            USBD_TRANSFER_DIRECTION_IN,
        },
        usbd_status::{USBD_STATUS_INVALID_PARAMETER, USBD_STATUS_INVALID_PIPE_HANDLE},
    },
    kernel::Kernel,
    mem::Addr,
};

const TO_HOST: u8 = 0x80;
const GET_STATUS: u8 = 0;
const GET_DESCRIPTOR: u8 = 6;
const SET_DESCRIPTOR: u8 = 7;
const GET_CONFIGURATION: u8 = 8;
const GET_INTERFACE: u8 = 10;
/// `bRequest` of `CLEAR_FEATURE`.
pub(super) const CLEAR_FEATURE: u8 = 1;
/// `bRequest` of `SET_CONFIGURATION`.
pub(super) const SET_CONFIGURATION: u8 = 9;
/// `bRequest` of `SET_INTERFACE`.
pub(super) const SET_INTERFACE: u8 = 11;

/// What an URB says about its control request.
struct Told {
    setup: Setup,
    /// Short replies are no error.
    short_ok: bool,
    timeout_ms: u32,
}

impl Told {
    const fn new(request_type: u8, request: u8, value: u16, index: u16) -> Self {
        let setup = Setup { request_type, request, value, index, length: 0 };
        Self { setup, short_ok: true, timeout_ms: 0 }
    }
}

/// A request without data on the default pipe that the stack makes itself.
pub(super) fn own_request(request_type: u8, request: u8, value: u16, index: u16, work: Work) -> Job {
    Job {
        wire: Wire::Control(Setup { request_type, request, value, index, length: 0 }),
        work,
        buffer: super::buffer::Buffer::default(),
        length: 0,
        pipe: Addr::NULL,
        endpoint: 0,
        is_in: false,
        short_ok: true,
        made_mdl: false,
        has_length: false,
        timeout_ms: 0,
        isochronous: None,
    }
}

impl Kernel {
    /// Checks a control request.
    pub(super) fn usb_control_job(&self, pdo: Addr, urb: Addr, shape: Shape) -> Result<Job, Refusal> {
        let told = self.usb_setup(urb, shape)?;
        if !shape.has_buffer() {
            let Setup { request_type, request, value, index, .. } = told.setup;
            return Ok(own_request(request_type, request, value, index, Work::Nothing));
        }
        let (buffer, length, made_mdl) = self.usb_buffer(pdo, urb, false)?;
        let speed = self.usb.devices.get(&pdo).map_or(usb_models::Speed::High, |device| device.model.speed());
        if length > limits::control(speed) {
            return Err(Refusal::usbd(USBD_STATUS_INVALID_PARAMETER));
        }
        // The length on the bus is the buffer's: 64 KB is more than wLength can say.
        let on_the_bus = u16::try_from(length).map_err(|_| Refusal::usbd(USBD_STATUS_INVALID_PARAMETER))?;
        let setup = Setup { length: on_the_bus, ..told.setup };
        Ok(Job {
            wire: Wire::Control(setup),
            work: Work::Nothing,
            buffer,
            length,
            pipe: Addr::NULL,
            endpoint: 0,
            is_in: setup.direction() == Direction::In,
            short_ok: told.short_ok,
            made_mdl,
            has_length: true,
            timeout_ms: told.timeout_ms,
            isochronous: None,
        })
    }

    fn usb_setup(&self, urb: Addr, shape: Shape) -> Result<Told, Refusal> {
        Ok(match shape {
            Shape::Descriptor { set, recipient } => {
                let urb = self.mem.at::<URB_CONTROL_DESCRIPTOR_REQUEST>(urb)?;
                let value = u16::from_be_bytes([urb.DescriptorType, urb.Index]);
                let (direction, request) = if set { (0, SET_DESCRIPTOR) } else { (TO_HOST, GET_DESCRIPTOR) };
                Told::new(direction | recipient, request, value, urb.LanguageId)
            }
            Shape::Feature { request, recipient } => {
                let urb = self.mem.at::<URB_CONTROL_FEATURE_REQUEST>(urb)?;
                Told::new(recipient, request, urb.FeatureSelector, urb.Index)
            }
            Shape::Status { recipient } => {
                let index = self.mem.at::<URB_CONTROL_GET_STATUS_REQUEST>(urb)?.Index;
                Told::new(TO_HOST | recipient, GET_STATUS, 0, index)
            }
            Shape::GetConfiguration => Told::new(TO_HOST, GET_CONFIGURATION, 0, 0),
            Shape::GetInterface => {
                let interface = self.mem.at::<URB_CONTROL_GET_INTERFACE_REQUEST>(urb)?.Interface;
                Told::new(TO_HOST | 1, GET_INTERFACE, 0, interface)
            }
            Shape::Request { kind, recipient } => {
                let urb = self.mem.at::<URB_CONTROL_VENDOR_OR_CLASS_REQUEST>(urb)?;
                let direction = if urb.TransferFlags & USBD_TRANSFER_DIRECTION_IN == 0 { 0 } else { TO_HOST };
                let told = Told::new(direction | kind | recipient, urb.Request, urb.Value, urb.Index);
                Told { short_ok: urb.TransferFlags & USBD_SHORT_TRANSFER_OK != 0, ..told }
            }
            Shape::ControlEx => {
                let urb = self.mem.at::<URB_CONTROL_TRANSFER_EX>(urb)?;
                given(urb.SetupPacket, urb.TransferFlags, urb.PipeHandle, urb.Timeout)?
            }
            _ => {
                let urb = self.mem.at::<URB_CONTROL_TRANSFER>(urb)?;
                given(urb.SetupPacket, urb.TransferFlags, urb.PipeHandle, 0)?
            }
        })
    }
}

/// A SETUP packet that the client made itself.
const fn given(packet: [u8; 8], flags: u32, pipe: Addr, timeout_ms: u32) -> Result<Told, Refusal> {
    // NULL and the flag both mean the default pipe; there is no other control pipe.
    if !pipe.is_null() && flags & USBD_DEFAULT_PIPE_TRANSFER == 0 {
        return Err(Refusal::usbd(USBD_STATUS_INVALID_PIPE_HANDLE));
    }
    let setup = Setup::from_bytes(packet);
    let reads = flags & USBD_TRANSFER_DIRECTION_IN != 0;
    if reads != matches!(setup.direction(), Direction::In) {
        return Err(Refusal::usbd(USBD_STATUS_INVALID_PARAMETER));
    }
    Ok(Told { setup, short_ok: flags & USBD_SHORT_TRANSFER_OK != 0, timeout_ms })
}
