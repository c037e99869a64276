//! Power states (wdm.h).

/// `POWER_STATE_TYPE`: `SystemPowerState`.
pub const SYSTEM_POWER_STATE: u32 = 0;
/// `POWER_STATE_TYPE`: `DevicePowerState`.
pub const DEVICE_POWER_STATE: u32 = 1;

pub const POWER_DEVICE_UNSPECIFIED: u32 = 0;
pub const POWER_DEVICE_D0: u32 = 1;
pub const POWER_DEVICE_D1: u32 = 2;
pub const POWER_DEVICE_D2: u32 = 3;
pub const POWER_DEVICE_D3: u32 = 4;

pub const POWER_SYSTEM_UNSPECIFIED: u32 = 0;
pub const POWER_SYSTEM_WORKING: u32 = 1;
pub const POWER_SYSTEM_SLEEPING1: u32 = 2;
pub const POWER_SYSTEM_SLEEPING2: u32 = 3;
pub const POWER_SYSTEM_SLEEPING3: u32 = 4;
pub const POWER_SYSTEM_HIBERNATE: u32 = 5;
pub const POWER_SYSTEM_SHUTDOWN: u32 = 6;
