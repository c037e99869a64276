//! Static streams.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::URB_HEADER;
use crate::mem::Addr;

/// `USBD_STREAM_INFORMATION` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct USBD_STREAM_INFORMATION {
    pub PipeHandle: Addr,
    pub StreamID: u32,
    pub MaximumTransferSize: u32,
    pub PipeFlags: u32,
    _Pad: u32,
}

/// `URB_OPEN_STATIC_STREAMS` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_OPEN_STATIC_STREAMS {
    pub Hdr: URB_HEADER,
    pub PipeHandle: Addr,
    pub NumberOfStreams: u32,
    pub StreamInfoVersion: u16,
    pub StreamInfoSize: u16,
    pub Streams: Addr,
}
