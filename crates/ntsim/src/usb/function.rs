//! URB functions: which structure each comes with, and what it means.

use std::mem::offset_of;

use crate::abi::urb::{
    URB_BULK_OR_INTERRUPT_TRANSFER, URB_CONTROL_DESCRIPTOR_REQUEST, URB_CONTROL_FEATURE_REQUEST,
    URB_CONTROL_GET_CONFIGURATION_REQUEST, URB_CONTROL_GET_INTERFACE_REQUEST, URB_CONTROL_GET_STATUS_REQUEST,
    URB_CONTROL_TRANSFER, URB_CONTROL_TRANSFER_EX, URB_CONTROL_VENDOR_OR_CLASS_REQUEST,
    URB_FUNCTION_ABORT_PIPE, URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER,
    URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL, URB_FUNCTION_CLASS_DEVICE,
    URB_FUNCTION_CLASS_ENDPOINT, URB_FUNCTION_CLASS_INTERFACE, URB_FUNCTION_CLASS_OTHER,
    URB_FUNCTION_CLEAR_FEATURE_TO_DEVICE, URB_FUNCTION_CLEAR_FEATURE_TO_ENDPOINT,
    URB_FUNCTION_CLEAR_FEATURE_TO_INTERFACE, URB_FUNCTION_CLEAR_FEATURE_TO_OTHER,
    URB_FUNCTION_CLOSE_STATIC_STREAMS, URB_FUNCTION_CONTROL_TRANSFER, URB_FUNCTION_CONTROL_TRANSFER_EX,
    URB_FUNCTION_GET_CONFIGURATION, URB_FUNCTION_GET_CURRENT_FRAME_NUMBER,
    URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE, URB_FUNCTION_GET_DESCRIPTOR_FROM_ENDPOINT,
    URB_FUNCTION_GET_DESCRIPTOR_FROM_INTERFACE, URB_FUNCTION_GET_INTERFACE,
    URB_FUNCTION_GET_ISOCH_PIPE_TRANSFER_PATH_DELAYS, URB_FUNCTION_GET_MS_FEATURE_DESCRIPTOR,
    URB_FUNCTION_GET_STATUS_FROM_DEVICE, URB_FUNCTION_GET_STATUS_FROM_ENDPOINT,
    URB_FUNCTION_GET_STATUS_FROM_INTERFACE, URB_FUNCTION_GET_STATUS_FROM_OTHER, URB_FUNCTION_ISOCH_TRANSFER,
    URB_FUNCTION_ISOCH_TRANSFER_USING_CHAINED_MDL, URB_FUNCTION_OPEN_STATIC_STREAMS,
    URB_FUNCTION_SELECT_CONFIGURATION, URB_FUNCTION_SELECT_INTERFACE, URB_FUNCTION_SET_DESCRIPTOR_TO_DEVICE,
    URB_FUNCTION_SET_DESCRIPTOR_TO_ENDPOINT, URB_FUNCTION_SET_DESCRIPTOR_TO_INTERFACE,
    URB_FUNCTION_SET_FEATURE_TO_DEVICE, URB_FUNCTION_SET_FEATURE_TO_ENDPOINT,
    URB_FUNCTION_SET_FEATURE_TO_INTERFACE, URB_FUNCTION_SET_FEATURE_TO_OTHER, URB_FUNCTION_SYNC_CLEAR_STALL,
    URB_FUNCTION_SYNC_RESET_PIPE, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, URB_FUNCTION_VENDOR_DEVICE,
    URB_FUNCTION_VENDOR_ENDPOINT, URB_FUNCTION_VENDOR_INTERFACE, URB_FUNCTION_VENDOR_OTHER,
    URB_GET_CURRENT_FRAME_NUMBER, URB_HEADER, URB_ISOCH_TRANSFER, URB_OPEN_STATIC_STREAMS, URB_PIPE_REQUEST,
    URB_SELECT_CONFIGURATION, URB_SELECT_INTERFACE,
};

/// What a function asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
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
    /// Known, and not supported by the controllers that are simulated.
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
    /// None for a function that no stack knows.
    pub const fn of(function: u16) -> Option<Self> {
        Some(match function {
            URB_FUNCTION_SELECT_CONFIGURATION => Self::SelectConfiguration,
            URB_FUNCTION_SELECT_INTERFACE => Self::SelectInterface,
            URB_FUNCTION_ABORT_PIPE => Self::AbortPipe,
            URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL => Self::ResetPipe { device: true, host: true },
            URB_FUNCTION_SYNC_RESET_PIPE => Self::ResetPipe { device: false, host: true },
            URB_FUNCTION_SYNC_CLEAR_STALL => Self::ResetPipe { device: true, host: false },
            URB_FUNCTION_GET_CURRENT_FRAME_NUMBER => Self::FrameNumber,
            URB_FUNCTION_CONTROL_TRANSFER => Self::Control,
            URB_FUNCTION_CONTROL_TRANSFER_EX => Self::ControlEx,
            URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER => Self::Data { chained: false },
            URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL => Self::Data { chained: true },
            URB_FUNCTION_ISOCH_TRANSFER => Self::Isochronous { chained: false },
            URB_FUNCTION_ISOCH_TRANSFER_USING_CHAINED_MDL => Self::Isochronous { chained: true },
            URB_FUNCTION_GET_CONFIGURATION => Self::GetConfiguration,
            URB_FUNCTION_GET_INTERFACE => Self::GetInterface,
            URB_FUNCTION_OPEN_STATIC_STREAMS => Self::OpenStreams,
            URB_FUNCTION_CLOSE_STATIC_STREAMS => Self::CloseStreams,
            URB_FUNCTION_GET_ISOCH_PIPE_TRANSFER_PATH_DELAYS | URB_FUNCTION_GET_MS_FEATURE_DESCRIPTOR => {
                Self::Unsupported
            }
            other => return Self::control(other),
        })
    }

    /// The functions that are one control request each.
    const fn control(function: u16) -> Option<Self> {
        Some(match function {
            URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE => Self::Descriptor { set: false, recipient: DEVICE },
            URB_FUNCTION_GET_DESCRIPTOR_FROM_INTERFACE => {
                Self::Descriptor { set: false, recipient: INTERFACE }
            }
            URB_FUNCTION_GET_DESCRIPTOR_FROM_ENDPOINT => Self::Descriptor { set: false, recipient: ENDPOINT },
            URB_FUNCTION_SET_DESCRIPTOR_TO_DEVICE => Self::Descriptor { set: true, recipient: DEVICE },
            URB_FUNCTION_SET_DESCRIPTOR_TO_INTERFACE => Self::Descriptor { set: true, recipient: INTERFACE },
            URB_FUNCTION_SET_DESCRIPTOR_TO_ENDPOINT => Self::Descriptor { set: true, recipient: ENDPOINT },
            URB_FUNCTION_SET_FEATURE_TO_DEVICE => Self::set_feature(DEVICE),
            URB_FUNCTION_SET_FEATURE_TO_INTERFACE => Self::set_feature(INTERFACE),
            URB_FUNCTION_SET_FEATURE_TO_ENDPOINT => Self::set_feature(ENDPOINT),
            URB_FUNCTION_SET_FEATURE_TO_OTHER => Self::set_feature(OTHER),
            URB_FUNCTION_CLEAR_FEATURE_TO_DEVICE => Self::clear_feature(DEVICE),
            URB_FUNCTION_CLEAR_FEATURE_TO_INTERFACE => Self::clear_feature(INTERFACE),
            URB_FUNCTION_CLEAR_FEATURE_TO_ENDPOINT => Self::clear_feature(ENDPOINT),
            URB_FUNCTION_CLEAR_FEATURE_TO_OTHER => Self::clear_feature(OTHER),
            URB_FUNCTION_GET_STATUS_FROM_DEVICE => Self::Status { recipient: DEVICE },
            URB_FUNCTION_GET_STATUS_FROM_INTERFACE => Self::Status { recipient: INTERFACE },
            URB_FUNCTION_GET_STATUS_FROM_ENDPOINT => Self::Status { recipient: ENDPOINT },
            URB_FUNCTION_GET_STATUS_FROM_OTHER => Self::Status { recipient: OTHER },
            URB_FUNCTION_VENDOR_DEVICE => Self::Request { kind: VENDOR, recipient: DEVICE },
            URB_FUNCTION_VENDOR_INTERFACE => Self::Request { kind: VENDOR, recipient: INTERFACE },
            URB_FUNCTION_VENDOR_ENDPOINT => Self::Request { kind: VENDOR, recipient: ENDPOINT },
            URB_FUNCTION_VENDOR_OTHER => Self::Request { kind: VENDOR, recipient: OTHER },
            URB_FUNCTION_CLASS_DEVICE => Self::Request { kind: CLASS, recipient: DEVICE },
            URB_FUNCTION_CLASS_INTERFACE => Self::Request { kind: CLASS, recipient: INTERFACE },
            URB_FUNCTION_CLASS_ENDPOINT => Self::Request { kind: CLASS, recipient: ENDPOINT },
            URB_FUNCTION_CLASS_OTHER => Self::Request { kind: CLASS, recipient: OTHER },
            _ => return None,
        })
    }

    const fn set_feature(recipient: u8) -> Self {
        Self::Feature { request: SET_FEATURE, recipient }
    }

    const fn clear_feature(recipient: u8) -> Self {
        Self::Feature { request: CLEAR_FEATURE, recipient }
    }

    /// Whether an URB with this `Hdr.Length` can be such a request. The structures of fixed size must be
    /// given whole, and nothing else.
    pub const fn accepts_length(self, length: u16) -> bool {
        let length = length as usize;
        match self {
            Self::SelectConfiguration => length >= offset_of!(URB_SELECT_CONFIGURATION, Interface),
            Self::SelectInterface => length >= offset_of!(URB_SELECT_INTERFACE, Interface) + 24,
            Self::AbortPipe | Self::ResetPipe { .. } | Self::CloseStreams => {
                length == size_of::<URB_PIPE_REQUEST>()
            }
            Self::FrameNumber => length == size_of::<URB_GET_CURRENT_FRAME_NUMBER>(),
            Self::Control => length == size_of::<URB_CONTROL_TRANSFER>(),
            Self::ControlEx => length == size_of::<URB_CONTROL_TRANSFER_EX>(),
            Self::Data { .. } => length == size_of::<URB_BULK_OR_INTERRUPT_TRANSFER>(),
            Self::Isochronous { .. } => length >= size_of::<URB_ISOCH_TRANSFER>(),
            Self::Descriptor { .. } => length == size_of::<URB_CONTROL_DESCRIPTOR_REQUEST>(),
            Self::Feature { .. } => length == size_of::<URB_CONTROL_FEATURE_REQUEST>(),
            Self::Status { .. } => length == size_of::<URB_CONTROL_GET_STATUS_REQUEST>(),
            Self::Request { .. } => length == size_of::<URB_CONTROL_VENDOR_OR_CLASS_REQUEST>(),
            Self::GetConfiguration => length == size_of::<URB_CONTROL_GET_CONFIGURATION_REQUEST>(),
            Self::GetInterface => length == size_of::<URB_CONTROL_GET_INTERFACE_REQUEST>(),
            Self::OpenStreams => length == size_of::<URB_OPEN_STATIC_STREAMS>(),
            Self::Unsupported => length >= size_of::<URB_HEADER>(),
        }
    }

    /// Whether the request is documented for `PASSIVE_LEVEL` only.
    pub const fn needs_passive_level(self) -> bool {
        matches!(self, Self::ResetPipe { .. })
    }

    /// Whether the URB names a pipe, at the same place in every such structure.
    pub const fn names_pipe(self) -> bool {
        matches!(
            self,
            Self::AbortPipe
                | Self::ResetPipe { .. }
                | Self::OpenStreams
                | Self::CloseStreams
                | Self::Data { .. }
                | Self::Isochronous { .. }
                | Self::Control
                | Self::ControlEx
        )
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

#[cfg(test)]
mod tests {
    use super::Shape;
    use crate::abi::urb::URB_FUNCTION_CLASS_INTERFACE;

    #[test]
    fn functions_have_their_shapes() {
        let expected = Shape::Request { kind: 0x20, recipient: 1 };
        assert_eq!(Shape::of(URB_FUNCTION_CLASS_INTERFACE), Some(expected));
        assert_eq!(Shape::of(0x7FFF), None);
    }

    #[test]
    fn a_structure_is_given_whole() {
        let data = Shape::Data { chained: false };
        assert!(data.accepts_length(128) && !data.accepts_length(127) && !data.accepts_length(136));
        assert!(
            Shape::SelectConfiguration.accepts_length(40) && !Shape::SelectConfiguration.accepts_length(39)
        );
    }
}
