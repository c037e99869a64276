//! URB functions: which structure each comes with, and what it means.

use core::mem::offset_of;

use wdk_sys::{
    _URB_BULK_OR_INTERRUPT_TRANSFER, _URB_CONTROL_DESCRIPTOR_REQUEST, _URB_CONTROL_FEATURE_REQUEST,
    _URB_CONTROL_GET_CONFIGURATION_REQUEST, _URB_CONTROL_GET_INTERFACE_REQUEST,
    _URB_CONTROL_GET_STATUS_REQUEST, _URB_CONTROL_TRANSFER, _URB_CONTROL_TRANSFER_EX,
    _URB_CONTROL_VENDOR_OR_CLASS_REQUEST, _URB_GET_CURRENT_FRAME_NUMBER, _URB_HEADER, _URB_ISOCH_TRANSFER,
    _URB_OPEN_STATIC_STREAMS, _URB_PIPE_REQUEST, _URB_SELECT_CONFIGURATION, _URB_SELECT_INTERFACE,
    _USBD_INTERFACE_INFORMATION,
};

/// What a function asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    SelectConfiguration,
    SelectInterface,
    AbortPipe,
    /// Clears the halt in the device, on the host's side, or both.
    ResetPipe {
        device: bool,
        host: bool,
    },
    FrameNumber,
    Control,
    ControlEx,
    Data {
        chained: bool,
    },
    Isochronous {
        chained: bool,
    },
    /// `GET_DESCRIPTOR` or `SET_DESCRIPTOR`.
    Descriptor {
        set: bool,
        recipient: u8,
    },
    /// `SET_FEATURE` or `CLEAR_FEATURE`.
    Feature {
        request: u8,
        recipient: u8,
    },
    /// `GET_STATUS`.
    Status {
        recipient: u8,
    },
    /// A class or vendor request; `kind` is the type field of `bmRequestType`.
    Request {
        kind: u8,
        recipient: u8,
    },
    GetConfiguration,
    GetInterface,
    OpenStreams,
    CloseStreams,
    /// Known, and not supported by the controller that this plays.
    Unsupported,
}

const DEVICE: u8 = 0;
const INTERFACE: u8 = 1;
const ENDPOINT: u8 = 2;
const OTHER: u8 = 3;
const CLASS: u8 = 0x20;
const VENDOR: u8 = 0x40;
const CLEAR_FEATURE: u8 = 1;
const SET_FEATURE: u8 = 3;

impl Shape {
    /// From `URB_FUNCTION_*` (usb.h). None for one that no stack knows.
    pub const fn of(function: u16) -> Option<Self> {
        Some(match function {
            0x00 => Self::SelectConfiguration,
            0x01 => Self::SelectInterface,
            0x02 => Self::AbortPipe,
            0x07 => Self::FrameNumber,
            0x08 => Self::Control,
            0x09 => Self::Data { chained: false },
            0x0A => Self::Isochronous { chained: false },
            0x1E => Self::ResetPipe { device: true, host: true },
            0x26 => Self::GetConfiguration,
            0x27 => Self::GetInterface,
            0x30 => Self::ResetPipe { device: false, host: true },
            0x31 => Self::ResetPipe { device: true, host: false },
            0x32 => Self::ControlEx,
            0x37 => Self::Data { chained: true },
            0x38 => Self::Isochronous { chained: true },
            0x35 => Self::OpenStreams,
            0x36 => Self::CloseStreams,
            // Frame length control, OS feature descriptors, path delays.
            0x03..=0x06 | 0x2A | 0x3D => Self::Unsupported,
            other => return Self::request(other),
        })
    }

    /// The functions that are one control request each.
    const fn request(function: u16) -> Option<Self> {
        Some(match function {
            0x0B => Self::Descriptor { set: false, recipient: DEVICE },
            0x24 => Self::Descriptor { set: false, recipient: ENDPOINT },
            0x28 => Self::Descriptor { set: false, recipient: INTERFACE },
            0x0C => Self::Descriptor { set: true, recipient: DEVICE },
            0x25 => Self::Descriptor { set: true, recipient: ENDPOINT },
            0x29 => Self::Descriptor { set: true, recipient: INTERFACE },
            0x0D => Self::Feature { request: SET_FEATURE, recipient: DEVICE },
            0x0E => Self::Feature { request: SET_FEATURE, recipient: INTERFACE },
            0x0F => Self::Feature { request: SET_FEATURE, recipient: ENDPOINT },
            0x23 => Self::Feature { request: SET_FEATURE, recipient: OTHER },
            0x10 => Self::Feature { request: CLEAR_FEATURE, recipient: DEVICE },
            0x11 => Self::Feature { request: CLEAR_FEATURE, recipient: INTERFACE },
            0x12 => Self::Feature { request: CLEAR_FEATURE, recipient: ENDPOINT },
            0x22 => Self::Feature { request: CLEAR_FEATURE, recipient: OTHER },
            0x13 => Self::Status { recipient: DEVICE },
            0x14 => Self::Status { recipient: INTERFACE },
            0x15 => Self::Status { recipient: ENDPOINT },
            0x21 => Self::Status { recipient: OTHER },
            0x17 => Self::Request { kind: VENDOR, recipient: DEVICE },
            0x18 => Self::Request { kind: VENDOR, recipient: INTERFACE },
            0x19 => Self::Request { kind: VENDOR, recipient: ENDPOINT },
            0x20 => Self::Request { kind: VENDOR, recipient: OTHER },
            0x1A => Self::Request { kind: CLASS, recipient: DEVICE },
            0x1B => Self::Request { kind: CLASS, recipient: INTERFACE },
            0x1C => Self::Request { kind: CLASS, recipient: ENDPOINT },
            0x1F => Self::Request { kind: CLASS, recipient: OTHER },
            _ => return None,
        })
    }

    /// Whether an URB with this `Hdr.Length` can be such a request. The structures of fixed size must be given whole, and
    /// nothing else.
    pub const fn accepts_length(self, length: u16) -> bool {
        let length = length as usize;
        match self {
            Self::SelectConfiguration => length >= offset_of!(_URB_SELECT_CONFIGURATION, Interface),
            Self::SelectInterface => {
                length
                    >= offset_of!(_URB_SELECT_INTERFACE, Interface)
                        + offset_of!(_USBD_INTERFACE_INFORMATION, Pipes)
            }
            Self::AbortPipe | Self::ResetPipe { .. } | Self::CloseStreams => {
                length == size_of::<_URB_PIPE_REQUEST>()
            }
            Self::OpenStreams => length == size_of::<_URB_OPEN_STATIC_STREAMS>(),
            Self::FrameNumber => length == size_of::<_URB_GET_CURRENT_FRAME_NUMBER>(),
            Self::Control => length == size_of::<_URB_CONTROL_TRANSFER>(),
            Self::ControlEx => length == size_of::<_URB_CONTROL_TRANSFER_EX>(),
            Self::Data { .. } => length == size_of::<_URB_BULK_OR_INTERRUPT_TRANSFER>(),
            Self::Isochronous { .. } => length >= size_of::<_URB_ISOCH_TRANSFER>(),
            Self::Descriptor { .. } => length == size_of::<_URB_CONTROL_DESCRIPTOR_REQUEST>(),
            Self::Feature { .. } => length == size_of::<_URB_CONTROL_FEATURE_REQUEST>(),
            Self::Status { .. } => length == size_of::<_URB_CONTROL_GET_STATUS_REQUEST>(),
            Self::Request { .. } => length == size_of::<_URB_CONTROL_VENDOR_OR_CLASS_REQUEST>(),
            Self::GetConfiguration => length == size_of::<_URB_CONTROL_GET_CONFIGURATION_REQUEST>(),
            Self::GetInterface => length == size_of::<_URB_CONTROL_GET_INTERFACE_REQUEST>(),
            Self::Unsupported => length >= size_of::<_URB_HEADER>(),
        }
    }

    /// Whether the URB has a transfer buffer, at the same place in every such structure.
    pub const fn has_buffer(self) -> bool {
        matches!(
            self,
            Self::Data { .. }
                | Self::Isochronous { .. }
                | Self::Control
                | Self::ControlEx
                | Self::Descriptor { .. }
                | Self::Status { .. }
                | Self::Request { .. }
                | Self::GetConfiguration
                | Self::GetInterface
        )
    }
}
