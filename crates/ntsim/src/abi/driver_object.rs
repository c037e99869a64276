//! Driver objects.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::UNICODE_STRING;
use crate::mem::Addr;

/// `DRIVER_OBJECT` (wdm.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct DRIVER_OBJECT {
    pub Type: i16,
    pub Size: i16,
    _Pad1: u32,
    /// First of the driver's device objects, the one created last.
    pub DeviceObject: Addr,
    pub Flags: u32,
    _Pad2: u32,
    pub DriverStart: Addr,
    pub DriverSize: u32,
    _Pad3: u32,
    pub DriverSection: Addr,
    pub DriverExtension: Addr,
    pub DriverName: UNICODE_STRING,
    pub HardwareDatabase: Addr,
    pub FastIoDispatch: Addr,
    pub DriverInit: Addr,
    pub DriverStartIo: Addr,
    pub DriverUnload: Addr,
    /// Dispatch routines by major function code.
    pub MajorFunction: [Addr; 28],
}

impl DRIVER_OBJECT {
    /// `IO_TYPE_DRIVER`.
    pub const TYPE: i16 = 4;
}

/// `DRIVER_EXTENSION` (wdm.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct DRIVER_EXTENSION {
    pub DriverObject: Addr,
    pub AddDevice: Addr,
    /// How often the driver was reinitialised.
    pub Count: u32,
    _Pad: u32,
    pub ServiceKeyName: UNICODE_STRING,
}
