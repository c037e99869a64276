//! `IRP_MJ_*` and `IRP_MN_*` (wdm.h).

/// Major function codes.
pub mod mj {
    /// `IRP_MJ_CREATE`
    pub const CREATE: u8 = 0x00;
    /// `IRP_MJ_CLOSE`
    pub const CLOSE: u8 = 0x02;
    /// `IRP_MJ_READ`
    pub const READ: u8 = 0x03;
    /// `IRP_MJ_WRITE`
    pub const WRITE: u8 = 0x04;
    /// `IRP_MJ_DEVICE_CONTROL`
    pub const DEVICE_CONTROL: u8 = 0x0E;
    /// `IRP_MJ_INTERNAL_DEVICE_CONTROL`
    pub const INTERNAL_DEVICE_CONTROL: u8 = 0x0F;
    /// `IRP_MJ_SHUTDOWN`
    pub const SHUTDOWN: u8 = 0x10;
    /// `IRP_MJ_CLEANUP`
    pub const CLEANUP: u8 = 0x12;
    /// `IRP_MJ_POWER`
    pub const POWER: u8 = 0x16;
    /// `IRP_MJ_SYSTEM_CONTROL`
    pub const SYSTEM_CONTROL: u8 = 0x17;
    /// `IRP_MJ_PNP`
    pub const PNP: u8 = 0x1B;
}

/// Minor function codes of `IRP_MJ_PNP`.
pub mod pnp {
    /// `IRP_MN_START_DEVICE`
    pub const START_DEVICE: u8 = 0x00;
    /// `IRP_MN_QUERY_REMOVE_DEVICE`
    pub const QUERY_REMOVE_DEVICE: u8 = 0x01;
    /// `IRP_MN_REMOVE_DEVICE`
    pub const REMOVE_DEVICE: u8 = 0x02;
    /// `IRP_MN_CANCEL_REMOVE_DEVICE`
    pub const CANCEL_REMOVE_DEVICE: u8 = 0x03;
    /// `IRP_MN_STOP_DEVICE`
    pub const STOP_DEVICE: u8 = 0x04;
    /// `IRP_MN_QUERY_STOP_DEVICE`
    pub const QUERY_STOP_DEVICE: u8 = 0x05;
    /// `IRP_MN_CANCEL_STOP_DEVICE`
    pub const CANCEL_STOP_DEVICE: u8 = 0x06;
    /// `IRP_MN_QUERY_INTERFACE`
    pub const QUERY_INTERFACE: u8 = 0x08;
    /// `IRP_MN_DEVICE_USAGE_NOTIFICATION`
    pub const DEVICE_USAGE_NOTIFICATION: u8 = 0x16;
    /// `IRP_MN_SURPRISE_REMOVAL`
    pub const SURPRISE_REMOVAL: u8 = 0x17;
}

/// Minor function codes of `IRP_MJ_POWER`.
pub mod power {
    /// `IRP_MN_WAIT_WAKE`
    pub const WAIT_WAKE: u8 = 0x00;
    /// `IRP_MN_SET_POWER`
    pub const SET_POWER: u8 = 0x02;
    /// `IRP_MN_QUERY_POWER`
    pub const QUERY_POWER: u8 = 0x03;
}

const MAJORS: [&str; 28] = [
    "CREATE",
    "CREATE_NAMED_PIPE",
    "CLOSE",
    "READ",
    "WRITE",
    "QUERY_INFORMATION",
    "SET_INFORMATION",
    "QUERY_EA",
    "SET_EA",
    "FLUSH_BUFFERS",
    "QUERY_VOLUME_INFORMATION",
    "SET_VOLUME_INFORMATION",
    "DIRECTORY_CONTROL",
    "FILE_SYSTEM_CONTROL",
    "DEVICE_CONTROL",
    "INTERNAL_DEVICE_CONTROL",
    "SHUTDOWN",
    "LOCK_CONTROL",
    "CLEANUP",
    "CREATE_MAILSLOT",
    "QUERY_SECURITY",
    "SET_SECURITY",
    "POWER",
    "SYSTEM_CONTROL",
    "DEVICE_CHANGE",
    "QUERY_QUOTA",
    "SET_QUOTA",
    "PNP",
];

const PNP_MINORS: [&str; 26] = [
    "START_DEVICE",
    "QUERY_REMOVE_DEVICE",
    "REMOVE_DEVICE",
    "CANCEL_REMOVE_DEVICE",
    "STOP_DEVICE",
    "QUERY_STOP_DEVICE",
    "CANCEL_STOP_DEVICE",
    "QUERY_DEVICE_RELATIONS",
    "QUERY_INTERFACE",
    "QUERY_CAPABILITIES",
    "QUERY_RESOURCES",
    "QUERY_RESOURCE_REQUIREMENTS",
    "QUERY_DEVICE_TEXT",
    "FILTER_RESOURCE_REQUIREMENTS",
    "0x0E",
    "READ_CONFIG",
    "WRITE_CONFIG",
    "EJECT",
    "SET_LOCK",
    "QUERY_ID",
    "QUERY_PNP_DEVICE_STATE",
    "QUERY_BUS_INFORMATION",
    "DEVICE_USAGE_NOTIFICATION",
    "SURPRISE_REMOVAL",
    "QUERY_LEGACY_BUS_INFORMATION",
    "DEVICE_ENUMERATED",
];

const POWER_MINORS: [&str; 4] = ["WAIT_WAKE", "POWER_SEQUENCE", "SET_POWER", "QUERY_POWER"];

const WMI_MINORS: [&str; 12] = [
    "QUERY_ALL_DATA",
    "QUERY_SINGLE_INSTANCE",
    "CHANGE_SINGLE_INSTANCE",
    "CHANGE_SINGLE_ITEM",
    "ENABLE_EVENTS",
    "DISABLE_EVENTS",
    "ENABLE_COLLECTION",
    "DISABLE_COLLECTION",
    "REGINFO",
    "EXECUTE_METHOD",
    "0x0A",
    "REGINFO_EX",
];

/// The name of a major function without `IRP_MJ_`.
#[must_use]
pub fn major(code: u8) -> Option<&'static str> {
    MAJORS.get(usize::from(code)).copied()
}

/// The name of a minor function without `IRP_MN_`, for the majors that have named minors.
#[must_use]
pub fn minor(major: u8, code: u8) -> Option<&'static str> {
    let table: &[&'static str] = match major {
        mj::PNP => &PNP_MINORS,
        mj::POWER => &POWER_MINORS,
        mj::SYSTEM_CONTROL => &WMI_MINORS,
        _ => return None,
    };
    table.get(usize::from(code)).copied()
}

/// How a reader calls a request: `PNP START_DEVICE`, `READ`, or hexadecimal codes.
#[must_use]
pub fn request(major_code: u8, minor_code: u8) -> String {
    let first = major(major_code).map_or_else(|| format!("major 0x{major_code:02X}"), str::to_owned);
    match minor(major_code, minor_code) {
        Some(second) => format!("{first} {second}"),
        None if minor_code == 0 => first,
        None => format!("{first} minor 0x{minor_code:02X}"),
    }
}
