//! The minor functions of `IRP_MJ_PNP` that this driver knows.

/// A minor function code.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/kernel/plug-and-play-minor-irps>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Minor {
    /// `IRP_MN_START_DEVICE`
    StartDevice,
    /// `IRP_MN_QUERY_REMOVE_DEVICE`
    QueryRemoveDevice,
    /// `IRP_MN_REMOVE_DEVICE`
    RemoveDevice,
    /// `IRP_MN_CANCEL_REMOVE_DEVICE`
    CancelRemoveDevice,
    /// `IRP_MN_STOP_DEVICE`
    StopDevice,
    /// `IRP_MN_QUERY_STOP_DEVICE`
    QueryStopDevice,
    /// `IRP_MN_CANCEL_STOP_DEVICE`
    CancelStopDevice,
    /// `IRP_MN_QUERY_CAPABILITIES`
    QueryCapabilities,
    /// `IRP_MN_QUERY_PNP_DEVICE_STATE`
    QueryPnpDeviceState,
    /// `IRP_MN_DEVICE_USAGE_NOTIFICATION`
    DeviceUsageNotification,
    /// `IRP_MN_SURPRISE_REMOVAL`
    SurpriseRemoval,
    /// Any other: it goes down untouched.
    Other(u8),
}

impl Minor {
    /// From `MinorFunction`.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            0x00 => Self::StartDevice,
            0x01 => Self::QueryRemoveDevice,
            0x02 => Self::RemoveDevice,
            0x03 => Self::CancelRemoveDevice,
            0x04 => Self::StopDevice,
            0x05 => Self::QueryStopDevice,
            0x06 => Self::CancelStopDevice,
            0x09 => Self::QueryCapabilities,
            0x14 => Self::QueryPnpDeviceState,
            0x16 => Self::DeviceUsageNotification,
            0x17 => Self::SurpriseRemoval,
            other => Self::Other(other),
        }
    }
}
