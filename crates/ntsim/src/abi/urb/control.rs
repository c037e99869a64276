//! Requests to the default pipe.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{URB_HCD_AREA, URB_HEADER};
use crate::mem::Addr;

/// `URB_CONTROL_TRANSFER` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_CONTROL_TRANSFER {
    pub Hdr: URB_HEADER,
    pub PipeHandle: Addr,
    pub TransferFlags: u32,
    pub TransferBufferLength: u32,
    pub TransferBuffer: Addr,
    pub TransferBufferMDL: Addr,
    pub UrbLink: Addr,
    pub hca: URB_HCD_AREA,
    pub SetupPacket: [u8; 8],
}

/// `URB_CONTROL_TRANSFER_EX` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_CONTROL_TRANSFER_EX {
    pub Hdr: URB_HEADER,
    pub PipeHandle: Addr,
    pub TransferFlags: u32,
    pub TransferBufferLength: u32,
    pub TransferBuffer: Addr,
    pub TransferBufferMDL: Addr,
    /// In milliseconds; zero for none.
    pub Timeout: u32,
    _Pad: u32,
    pub hca: URB_HCD_AREA,
    pub SetupPacket: [u8; 8],
}

/// `URB_CONTROL_DESCRIPTOR_REQUEST` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_CONTROL_DESCRIPTOR_REQUEST {
    pub Hdr: URB_HEADER,
    pub Reserved: Addr,
    pub Reserved0: u32,
    pub TransferBufferLength: u32,
    pub TransferBuffer: Addr,
    pub TransferBufferMDL: Addr,
    pub UrbLink: Addr,
    pub hca: URB_HCD_AREA,
    pub Reserved1: u16,
    pub Index: u8,
    pub DescriptorType: u8,
    pub LanguageId: u16,
    pub Reserved2: u16,
}

/// `URB_CONTROL_GET_STATUS_REQUEST` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_CONTROL_GET_STATUS_REQUEST {
    pub Hdr: URB_HEADER,
    pub Reserved: Addr,
    pub Reserved0: u32,
    pub TransferBufferLength: u32,
    pub TransferBuffer: Addr,
    pub TransferBufferMDL: Addr,
    pub UrbLink: Addr,
    pub hca: URB_HCD_AREA,
    pub Reserved1: [u8; 4],
    pub Index: u16,
    pub Reserved2: u16,
}

/// `URB_CONTROL_FEATURE_REQUEST` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_CONTROL_FEATURE_REQUEST {
    pub Hdr: URB_HEADER,
    pub Reserved: Addr,
    pub Reserved2: u32,
    pub Reserved3: u32,
    pub Reserved4: Addr,
    pub Reserved5: Addr,
    pub UrbLink: Addr,
    pub hca: URB_HCD_AREA,
    pub Reserved0: u16,
    pub FeatureSelector: u16,
    pub Index: u16,
    pub Reserved1: u16,
}

/// `URB_CONTROL_VENDOR_OR_CLASS_REQUEST` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_CONTROL_VENDOR_OR_CLASS_REQUEST {
    pub Hdr: URB_HEADER,
    pub Reserved: Addr,
    pub TransferFlags: u32,
    pub TransferBufferLength: u32,
    pub TransferBuffer: Addr,
    pub TransferBufferMDL: Addr,
    pub UrbLink: Addr,
    pub hca: URB_HCD_AREA,
    pub RequestTypeReservedBits: u8,
    pub Request: u8,
    pub Value: u16,
    pub Index: u16,
    pub Reserved1: u16,
}

/// `URB_CONTROL_GET_INTERFACE_REQUEST` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_CONTROL_GET_INTERFACE_REQUEST {
    pub Hdr: URB_HEADER,
    pub Reserved: Addr,
    pub Reserved0: u32,
    pub TransferBufferLength: u32,
    pub TransferBuffer: Addr,
    pub TransferBufferMDL: Addr,
    pub UrbLink: Addr,
    pub hca: URB_HCD_AREA,
    pub Reserved1: [u8; 4],
    pub Interface: u16,
    pub Reserved2: u16,
}

/// `URB_CONTROL_GET_CONFIGURATION_REQUEST` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_CONTROL_GET_CONFIGURATION_REQUEST {
    pub Hdr: URB_HEADER,
    pub Reserved: Addr,
    pub Reserved0: u32,
    pub TransferBufferLength: u32,
    pub TransferBuffer: Addr,
    pub TransferBufferMDL: Addr,
    pub UrbLink: Addr,
    pub hca: URB_HCD_AREA,
    pub Reserved1: [u8; 8],
}

/// `URB_OS_FEATURE_DESCRIPTOR_REQUEST` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_OS_FEATURE_DESCRIPTOR_REQUEST {
    pub Hdr: URB_HEADER,
    pub Reserved: Addr,
    pub Reserved0: u32,
    pub TransferBufferLength: u32,
    pub TransferBuffer: Addr,
    pub TransferBufferMDL: Addr,
    pub UrbLink: Addr,
    pub hca: URB_HCD_AREA,
    /// `Recipient`, in the low five bits.
    pub Recipient: u8,
    pub Reserved2: u8,
    pub InterfaceNumber: u8,
    pub MS_PageIndex: u8,
    pub MS_FeatureDescriptorIndex: u16,
    pub Reserved3: u16,
}
