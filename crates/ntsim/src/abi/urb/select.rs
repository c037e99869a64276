//! Selecting configurations and interfaces.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::URB_HEADER;
use crate::mem::Addr;

/// `USBD_PIPE_INFORMATION` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct USBD_PIPE_INFORMATION {
    pub MaximumPacketSize: u16,
    pub EndpointAddress: u8,
    pub Interval: u8,
    /// `USBD_PIPE_TYPE`: 0 control, 1 isochronous, 2 bulk, 3 interrupt.
    pub PipeType: u32,
    pub PipeHandle: Addr,
    pub MaximumTransferSize: u32,
    pub PipeFlags: u32,
}

/// `USBD_INTERFACE_INFORMATION` (usb.h), with room for one pipe.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct USBD_INTERFACE_INFORMATION {
    /// Of this structure with all its pipes, in bytes.
    pub Length: u16,
    pub InterfaceNumber: u8,
    pub AlternateSetting: u8,
    pub Class: u8,
    pub SubClass: u8,
    pub Protocol: u8,
    pub Reserved: u8,
    pub InterfaceHandle: Addr,
    pub NumberOfPipes: u32,
    _Pad: u32,
    pub Pipes: [USBD_PIPE_INFORMATION; 1],
}

/// `USBD_INTERFACE_LIST_ENTRY` (usbdlib.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct USBD_INTERFACE_LIST_ENTRY {
    pub InterfaceDescriptor: Addr,
    pub Interface: Addr,
}

/// `URB_SELECT_CONFIGURATION` (usb.h), with room for one interface of one pipe.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_SELECT_CONFIGURATION {
    pub Hdr: URB_HEADER,
    pub ConfigurationDescriptor: Addr,
    pub ConfigurationHandle: Addr,
    pub Interface: USBD_INTERFACE_INFORMATION,
}

/// `URB_SELECT_INTERFACE` (usb.h), with room for one pipe.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_SELECT_INTERFACE {
    pub Hdr: URB_HEADER,
    pub ConfigurationHandle: Addr,
    pub Interface: USBD_INTERFACE_INFORMATION,
}
