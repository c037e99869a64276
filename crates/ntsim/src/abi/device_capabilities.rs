//! What a device can do.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// `DEVICE_CAPABILITIES` (wdm.h).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct DEVICE_CAPABILITIES {
    pub Size: u16,
    pub Version: u16,
    /// The bit fields, see the constants.
    pub Flags: u32,
    pub Address: u32,
    pub UINumber: u32,
    /// `DEVICE_POWER_STATE` by `SYSTEM_POWER_STATE`.
    pub DeviceState: [u32; 7],
    pub SystemWake: u32,
    pub DeviceWake: u32,
    /// In units of 100 microseconds.
    pub D1Latency: u32,
    /// In units of 100 microseconds.
    pub D2Latency: u32,
    /// In units of 100 microseconds.
    pub D3Latency: u32,
}

impl DEVICE_CAPABILITIES {
    pub const DEVICE_D1: u32 = 1 << 0;
    pub const DEVICE_D2: u32 = 1 << 1;
    pub const REMOVABLE: u32 = 1 << 4;
    pub const UNIQUE_ID: u32 = 1 << 6;
    pub const RAW_DEVICE_OK: u32 = 1 << 8;
    pub const SURPRISE_REMOVAL_OK: u32 = 1 << 9;
    pub const WAKE_FROM_D0: u32 = 1 << 10;
    pub const WAKE_FROM_D1: u32 = 1 << 11;
    pub const WAKE_FROM_D2: u32 = 1 << 12;
    pub const WAKE_FROM_D3: u32 = 1 << 13;
}
