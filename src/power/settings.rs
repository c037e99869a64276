//! What the INF and the user say about power: numbers in the device's hardware key.
//!
//! The INF's names are WinUSB's; what the user chose in Device Manager is kept under the names that the framework uses.
//!
//! Pages: [WinUSB Power Management](https://learn.microsoft.com/windows-hardware/drivers/usbcon/winusb-power-management),
//! [Remote Wakeup of USB Devices](https://learn.microsoft.com/windows-hardware/drivers/usbcon/remote-wakeup-of-usb-devices)

use usbclient_core::power::Settings;
use usbclient_protocol::status::Status;

use super::policy;
use crate::nt::{
    device::Device,
    irql::Passive,
    registry::{DeviceKey, ValueName},
};

const DEVICE_IDLE_ENABLED: ValueName = ValueName::new("DeviceIdleEnabled");
const USER_SET_DEVICE_IDLE_ENABLED: ValueName = ValueName::new("UserSetDeviceIdleEnabled");
const DEFAULT_IDLE_STATE: ValueName = ValueName::new("DefaultIdleState");
const DEFAULT_IDLE_TIMEOUT: ValueName = ValueName::new("DefaultIdleTimeout");
const DEVICE_IDLE_IGNORE_WAKE_ENABLE: ValueName = ValueName::new("DeviceIdleIgnoreWakeEnable");
const SYSTEM_WAKE_ENABLED: ValueName = ValueName::new("SystemWakeEnabled");
/// What the user chose: *Allow the computer to turn off this device to save power*.
const IDLE_IN_WORKING_STATE: ValueName = ValueName::new("IdleInWorkingState");
/// What the user chose: *Allow this device to wake the computer*.
const WAKE_FROM_SLEEP_STATE: ValueName = ValueName::new("WakeFromSleepState");

/// `bmAttributes` of a configuration descriptor, and its bit for remote wake.
const ATTRIBUTES: usize = 7;
const REMOTE_WAKE: u8 = 0x20;

/// Reads the settings. Without a key, or a value, everything is off.
pub fn read(device: Device, passive: &mut Passive) {
    let mut settings = DeviceKey::to_read(device, passive).map_or(Settings::OFF, |key| of_key(&key));
    let mut gate = device.gate.lock(passive);
    let attributes = gate.configured.as_ref().and_then(|configured| configured.descriptor.get(ATTRIBUTES));
    settings.has_remote_wake = attributes.is_some_and(|attributes| attributes & REMOTE_WAKE != 0);
    gate.power.settings = settings;
}

fn of_key(key: &DeviceKey<'_>) -> Settings {
    let flag = |name: &ValueName| key.number(name).map(|number| number != 0);
    let wake_offered = flag(&SYSTEM_WAKE_ENABLED).unwrap_or(false);
    Settings {
        idle_enabled: flag(&DEVICE_IDLE_ENABLED).unwrap_or(false),
        user_sets_idle: flag(&USER_SET_DEVICE_IDLE_ENABLED).unwrap_or(false),
        user_allows_idle: flag(&IDLE_IN_WORKING_STATE).unwrap_or(true),
        auto_suspend: flag(&DEFAULT_IDLE_STATE).unwrap_or(false),
        suspend_delay_ms: key.number(&DEFAULT_IDLE_TIMEOUT).unwrap_or(Settings::DEFAULT_DELAY_MS),
        ignores_wake: flag(&DEVICE_IDLE_IGNORE_WAKE_ENABLE).unwrap_or(false),
        system_wake_offered: wake_offered,
        system_wake: wake_offered && flag(&WAKE_FROM_SLEEP_STATE).unwrap_or(true),
        has_remote_wake: false,
    }
}

/// A check box of Device Manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `GUID_POWER_DEVICE_ENABLE`
    Idle,
    /// `GUID_POWER_DEVICE_WAKE_ENABLE`
    Wake,
}

/// The user has chosen. It is kept in the registry, and counts from now on.
///
/// # Errors
///
/// It could not be kept, and does not count.
pub fn choose(device: Device, choice: Choice, is_allowed: bool, passive: &mut Passive) -> Result<(), Status> {
    let name = match choice {
        Choice::Idle => &IDLE_IN_WORKING_STATE,
        Choice::Wake => &WAKE_FROM_SLEEP_STATE,
    };
    DeviceKey::to_write(device, passive)?.set_number(name, u32::from(is_allowed))?;
    let mut gate = device.gate.lock(passive);
    let settings = &mut gate.power.settings;
    match choice {
        Choice::Idle => settings.user_allows_idle = is_allowed,
        Choice::Wake => settings.system_wake = is_allowed && settings.system_wake_offered,
    }
    drop(gate);
    policy::run(device);
    Ok(())
}
