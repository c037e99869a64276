//! Which state the device takes for a state of the system.
//!
//! Pages: <https://learn.microsoft.com/windows-hardware/drivers/kernel/determining-the-correct-device-power-state>,
//! <https://learn.microsoft.com/windows-hardware/drivers/kernel/distinguishing-fast-startup-from-wake-from-hibernation>

use super::states::{DeviceState, SystemState};

/// What the lower drivers said about power in `DEVICE_CAPABILITIES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// `DeviceState`: the most powered state that the device can keep in each state of the system, by its number.
    pub device_state: [Option<DeviceState>; 7],
    /// `SystemWake`: the deepest state of the system from which the device can wake it.
    pub system_wake: Option<SystemState>,
    /// `DeviceWake`: the deepest state of the device in which it can signal wake.
    pub device_wake: Option<DeviceState>,
}

impl Capabilities {
    /// Nothing was said yet.
    pub const NONE: Self = Self { device_state: [None; 7], system_wake: None, device_wake: None };

    /// The state in which the device can signal wake. A USB device does so in D1 and D2, never in D3, whatever its
    /// capabilities say. `None`: in no low state.
    #[must_use]
    pub fn wake_state(&self) -> Option<DeviceState> {
        match self.device_wake {
            None | Some(DeviceState::D0) => None,
            Some(state) => Some(state.min(DeviceState::D2)),
        }
    }

    /// Whether the device can wake the system from `state`.
    #[must_use]
    pub fn wakes_system_from(&self, state: SystemState) -> bool {
        self.system_wake.is_some_and(|deepest| state <= deepest) && self.wake_state().is_some()
    }
}

/// The state that a system IRP asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemTarget {
    /// `Parameters.Power.State.SystemState`
    pub state: SystemState,
    /// `TargetSystemState` is S4 and `EffectiveSystemState` is S5: the user shuts the system down, or starts it, and it
    /// hibernates underneath. The device is configured as for a start from cold, and does not wake the system.
    pub is_fast_startup: bool,
}

impl SystemTarget {
    /// A state that is what it says.
    #[must_use]
    pub const fn plain(state: SystemState) -> Self {
        Self { state, is_fast_startup: false }
    }
}

/// How a state of the system is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The state to ask for.
    pub device: DeviceState,
    /// The device stays armed for wake.
    pub stays_armed: bool,
}

impl Capabilities {
    /// The device's state for a state of the system. `may_wake`: the device is armed, and may wake the system.
    #[must_use]
    pub fn map(&self, target: SystemTarget, may_wake: bool) -> Mapped {
        let state = target.state;
        if state == SystemState::S0 {
            return Mapped { device: DeviceState::D0, stays_armed: true };
        }
        if may_wake
            && !target.is_fast_startup
            && self.wakes_system_from(state)
            && let Some(device) = self.wake_state()
        {
            return Mapped { device, stays_armed: true };
        }
        let device = if state >= SystemState::S4 {
            DeviceState::D3
        } else {
            // Without a word of the lower drivers, and with nothing to wake, the device is off. So it is where they
            // would let it stay in D0: a device that sleeps with the system draws no power.
            match self.device_state.get(usize::from(state.raw())).copied().flatten() {
                None | Some(DeviceState::D0) => DeviceState::D3,
                Some(device) => device,
            }
        };
        Mapped { device, stays_armed: false }
    }
}
