//! Registry value types, information classes and device properties (wdm.h).

pub const REG_SZ: u32 = 1;
pub const REG_BINARY: u32 = 3;
pub const REG_DWORD: u32 = 4;
pub const REG_MULTI_SZ: u32 = 7;

/// `KEY_VALUE_INFORMATION_CLASS`: `KeyValueBasicInformation`.
pub const KEY_VALUE_BASIC_INFORMATION: u32 = 0;
/// `KEY_VALUE_INFORMATION_CLASS`: `KeyValueFullInformation`.
pub const KEY_VALUE_FULL_INFORMATION: u32 = 1;
/// `KEY_VALUE_INFORMATION_CLASS`: `KeyValuePartialInformation`.
pub const KEY_VALUE_PARTIAL_INFORMATION: u32 = 2;

/// `IoOpenDeviceRegistryKey`: the hardware key.
pub const PLUGPLAY_REGKEY_DEVICE: u32 = 1;
/// `IoOpenDeviceRegistryKey`: the software key.
pub const PLUGPLAY_REGKEY_DRIVER: u32 = 2;
