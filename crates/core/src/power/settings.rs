//! What registry, user and device allow.
//!
//! The names are WinUSB's, so that one INF serves for both.
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/winusb-power-management>

use usbclient_protocol::policy;

use crate::status::{STATUS_INVALID_PARAMETER, Status};

/// The driver's registry values, its power policies, and what the device can do. All off by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a registry value of its own")]
pub struct Settings {
    /// `DeviceIdleEnabled`: the device can be suspended when it is idle. Without it nothing else about idleness counts.
    pub idle_enabled: bool,
    /// `UserSetDeviceIdleEnabled`: the user may allow and forbid it.
    pub user_sets_idle: bool,
    /// What the user said: `GUID_POWER_DEVICE_ENABLE`.
    pub user_allows_idle: bool,
    /// `DefaultIdleState`, and afterwards the policy `AUTO_SUSPEND`.
    pub auto_suspend: bool,
    /// `DefaultIdleTimeout`, and afterwards the policy `SUSPEND_DELAY`: milliseconds.
    pub suspend_delay_ms: u32,
    /// `DeviceIdleIgnoreWakeEnable`: suspend it even if it cannot signal wake.
    pub ignores_wake: bool,
    /// `SystemWakeEnabled` is there: the device may wake the system, and the user may forbid it.
    pub system_wake_offered: bool,
    /// The device may wake the system: `GUID_POWER_DEVICE_WAKE_ENABLE`.
    pub system_wake: bool,
    /// The configuration descriptor says that the device can signal wake (`bmAttributes`, bit 5).
    pub has_remote_wake: bool,
}

impl Settings {
    /// WinUSB's default of `SUSPEND_DELAY`, in milliseconds.
    /// Page: <https://learn.microsoft.com/windows/win32/api/winusb/nf-winusb-winusb_setpowerpolicy>
    pub const DEFAULT_DELAY_MS: u32 = 5_000;

    /// Everything off.
    pub const OFF: Self = Self {
        idle_enabled: false,
        user_sets_idle: false,
        user_allows_idle: true,
        auto_suspend: false,
        suspend_delay_ms: Self::DEFAULT_DELAY_MS,
        ignores_wake: false,
        system_wake_offered: false,
        system_wake: false,
        has_remote_wake: false,
    };

    /// Sets a policy of the device (target 0). `None`: it is not one of power's.
    pub const fn set_policy(&mut self, policy: u32, value: u32) -> Option<Result<(), Status>> {
        match policy {
            policy::AUTO_SUSPEND if value > 1 => Some(Err(STATUS_INVALID_PARAMETER)),
            policy::AUTO_SUSPEND => {
                self.auto_suspend = value != 0;
                Some(Ok(()))
            }
            policy::SUSPEND_DELAY => {
                self.suspend_delay_ms = value;
                Some(Ok(()))
            }
            _ => None,
        }
    }

    /// A policy of the device. `None`: it is not one of power's.
    #[must_use]
    pub const fn policy(&self, policy: u32) -> Option<u32> {
        match policy {
            policy::AUTO_SUSPEND => Some(if self.auto_suspend { 1 } else { 0 }),
            policy::SUSPEND_DELAY => Some(self.suspend_delay_ms),
            _ => None,
        }
    }

    /// Whether an idle device is suspended.
    #[must_use]
    pub const fn suspends(&self) -> bool {
        self.idle_enabled && self.auto_suspend && (self.user_allows_idle || !self.user_sets_idle)
    }
}
