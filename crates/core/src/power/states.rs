//! The states of the system and of a device.
//!
//! Pages: <https://learn.microsoft.com/windows-hardware/drivers/kernel/system-power-states>,
//! <https://learn.microsoft.com/windows-hardware/drivers/kernel/device-power-states>

/// `DEVICE_POWER_STATE`. A deeper state is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceState {
    /// `PowerDeviceD0`: working.
    D0 = 1,
    /// `PowerDeviceD1`
    D1 = 2,
    /// `PowerDeviceD2`: suspended; a USB device can signal wake.
    D2 = 3,
    /// `PowerDeviceD3`: off.
    D3 = 4,
}

impl DeviceState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::D0, Self::D1, Self::D2, Self::D3];

    /// From the kernel's number. `None`: unspecified, or no state.
    #[must_use]
    pub const fn from_raw(raw: i64) -> Option<Self> {
        match raw {
            1 => Some(Self::D0),
            2 => Some(Self::D1),
            3 => Some(Self::D2),
            4 => Some(Self::D3),
            _ => None,
        }
    }

    /// The kernel's number.
    #[must_use]
    pub const fn raw(self) -> u8 {
        self as u8
    }
}

/// `SYSTEM_POWER_STATE`. A deeper state is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SystemState {
    /// `PowerSystemWorking`
    S0 = 1,
    /// `PowerSystemSleeping1`
    S1 = 2,
    /// `PowerSystemSleeping2`
    S2 = 3,
    /// `PowerSystemSleeping3`
    S3 = 4,
    /// `PowerSystemHibernate`
    S4 = 5,
    /// `PowerSystemShutdown`
    S5 = 6,
}

impl SystemState {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::S0, Self::S1, Self::S2, Self::S3, Self::S4, Self::S5];

    /// From the kernel's number. `None`: unspecified, or no state.
    #[must_use]
    pub const fn from_raw(raw: i64) -> Option<Self> {
        match raw {
            1 => Some(Self::S0),
            2 => Some(Self::S1),
            3 => Some(Self::S2),
            4 => Some(Self::S3),
            5 => Some(Self::S4),
            6 => Some(Self::S5),
            _ => None,
        }
    }

    /// The kernel's number.
    #[must_use]
    pub const fn raw(self) -> u8 {
        self as u8
    }
}
