//! The common start of URBs, and the short ones.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::mem::Addr;

/// `URB_HEADER` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_HEADER {
    pub Length: u16,
    /// `URB_FUNCTION_*`.
    pub Function: u16,
    /// A `USBD_STATUS`.
    pub Status: u32,
    pub UsbdDeviceHandle: Addr,
    pub UsbdFlags: u32,
    _Pad: u32,
}

/// `URB_HCD_AREA` (usb.h): the host controller driver's.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_HCD_AREA {
    pub Reserved8: [Addr; 8],
}

/// `URB_PIPE_REQUEST` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_PIPE_REQUEST {
    pub Hdr: URB_HEADER,
    pub PipeHandle: Addr,
    pub Reserved: u32,
    _Pad: u32,
}

/// `URB_GET_CURRENT_FRAME_NUMBER` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_GET_CURRENT_FRAME_NUMBER {
    pub Hdr: URB_HEADER,
    pub FrameNumber: u32,
    _Pad: u32,
}

/// `URB_GET_ISOCH_PIPE_TRANSFER_PATH_DELAYS` (usb.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct URB_GET_ISOCH_PIPE_TRANSFER_PATH_DELAYS {
    pub Hdr: URB_HEADER,
    pub PipeHandle: Addr,
    pub MaximumSendPathDelayInMilliSeconds: u32,
    pub MaximumCompletionPathDelayInMilliSeconds: u32,
}
