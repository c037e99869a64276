//! Bulk, interrupt and isochronous transfers.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{URB_HCD_AREA, URB_HEADER};
use crate::mem::Addr;

/// `URB_BULK_OR_INTERRUPT_TRANSFER` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_BULK_OR_INTERRUPT_TRANSFER {
    pub Hdr: URB_HEADER,
    pub PipeHandle: Addr,
    pub TransferFlags: u32,
    pub TransferBufferLength: u32,
    pub TransferBuffer: Addr,
    pub TransferBufferMDL: Addr,
    pub UrbLink: Addr,
    pub hca: URB_HCD_AREA,
}

/// `USBD_ISO_PACKET_DESCRIPTOR` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct USBD_ISO_PACKET_DESCRIPTOR {
    pub Offset: u32,
    pub Length: u32,
    /// A `USBD_STATUS`.
    pub Status: u32,
}

/// `URB_ISOCH_TRANSFER` (usb.h), with room for one packet.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_ISOCH_TRANSFER {
    pub Hdr: URB_HEADER,
    pub PipeHandle: Addr,
    pub TransferFlags: u32,
    pub TransferBufferLength: u32,
    pub TransferBuffer: Addr,
    pub TransferBufferMDL: Addr,
    pub UrbLink: Addr,
    pub hca: URB_HCD_AREA,
    pub StartFrame: u32,
    pub NumberOfPackets: u32,
    pub ErrorCount: u32,
    pub IsoPacket: [USBD_ISO_PACKET_DESCRIPTOR; 1],
}
