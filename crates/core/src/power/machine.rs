//! What power IRPs do to the device, and what requests meet meanwhile.
//!
//! ```text
//! Working --D-IRP down--> Leaving --nothing in flight--> Low --D0 IRP--> Entering --success--> Working
//!                                                                                 --failure--> Failed
//! ```
//!
//! The edge keeps it under the device's lock, beside the PnP [`Machine`](crate::pnp::Machine).

use super::{
    mapping::{Capabilities, Mapped, SystemTarget},
    outstanding::Outstanding,
    policy::Facts,
    settings::Settings,
    states::{DeviceState, SystemState},
};

/// Where the device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    /// In D0.
    Working,
    /// A D-IRP waits until nothing is in flight.
    Leaving(DeviceState),
    /// The D-IRP went down: the device is in this state, or will be.
    Low(DeviceState),
    /// A D0 IRP is below.
    Entering,
    /// A D0 IRP failed.
    Failed,
}

/// What a request meets that the PnP state lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It passes.
    Admit,
    /// It waits for D0.
    Hold,
    /// There is no D0 to wait for.
    Refuse,
}

/// The proof that nothing is in flight and nothing will be: the device may leave D0.
#[derive(Debug)]
pub struct Quiet {
    to: DeviceState,
}

impl Quiet {
    /// The state that the device takes.
    #[must_use]
    pub const fn to(&self) -> DeviceState {
        self.to
    }
}

/// What a D0 IRP did.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// The device was in D0 already.
    Nothing,
    /// The gate is open: send what was held.
    Resume,
    /// The device has failed: end what is held.
    Fail,
}

/// Everything about the device's power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact")]
pub struct Power {
    pub(super) device: Device,
    /// From a system IRP that leaves S0 to the one for S0.
    pub(super) is_system_asleep: bool,
    /// The system was in a state in which a device is without power, and the device has not been in D0 since.
    pub(super) has_been_off: bool,
    /// D0 was asked for by policy and has not been answered.
    pub(super) is_up_asked: bool,
    /// The device is low and should not be.
    pub(super) is_up_needed: bool,
    /// Wait/wake.
    pub wake: Outstanding,
    /// The lower drivers refused a wait/wake IRP: not before the next start.
    pub(super) is_wake_refused: bool,
    /// The idle notification.
    pub idle: Outstanding,
    /// Its callback has put the device to sleep, or is at it.
    pub(super) is_idle_called: bool,
    /// Idle notifications are not supported: not before the next start.
    pub(super) is_idle_refused: bool,
    /// What the lower drivers said.
    pub capabilities: Capabilities,
    /// What registry and user allow.
    pub settings: Settings,
}

impl Power {
    /// A device that `AddDevice` makes. It is in D0, because the bus has it there when START arrives, and no D0 IRP
    /// comes: <https://learn.microsoft.com/windows-hardware/drivers/kernel/powering-up-a-device>.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            device: Device::Working,
            is_system_asleep: false,
            has_been_off: false,
            is_up_asked: false,
            is_up_needed: false,
            wake: Outstanding::None,
            is_wake_refused: false,
            idle: Outstanding::None,
            is_idle_called: false,
            is_idle_refused: false,
            capabilities: Capabilities::NONE,
            settings: Settings::OFF,
        }
    }

    /// Where the device is.
    #[must_use]
    pub const fn device(&self) -> Device {
        self.device
    }

    /// What a request meets now.
    #[must_use]
    pub const fn admit(&self) -> Admission {
        match self.device {
            Device::Working => Admission::Admit,
            Device::Leaving(_) | Device::Low(_) | Device::Entering => Admission::Hold,
            Device::Failed => Admission::Refuse,
        }
    }

    /// Whether requests that come back untouched wait for D0.
    #[must_use]
    pub const fn is_leaving(&self) -> bool {
        matches!(self.device, Device::Leaving(_))
    }

    /// Whether D0 could not be reached: the device adds `PNP_DEVICE_FAILED` to its PnP state.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        matches!(self.device, Device::Failed)
    }

    /// A D-IRP for a low state has come, or has waited: no request passes from here on. `None`: one is in flight, and
    /// the D-IRP waits for it. D-IRPs come one at a time.
    #[must_use]
    pub const fn leave(&mut self, to: DeviceState, facts: Facts) -> Option<Quiet> {
        if facts.has_users {
            self.device = Device::Leaving(to);
            None
        } else {
            self.device = Device::Low(to);
            Some(Quiet { to })
        }
    }

    /// A D0 IRP goes down.
    pub const fn enter(&mut self) {
        if !matches!(self.device, Device::Working) {
            self.device = Device::Entering;
        }
    }

    /// The lower drivers are done with a D0 IRP.
    pub const fn entered(&mut self, is_success: bool) -> Entered {
        if !matches!(self.device, Device::Entering) {
            return Entered::Nothing;
        }
        self.is_up_needed = false;
        self.is_idle_called = false;
        if is_success {
            self.device = Device::Working;
            Entered::Resume
        } else {
            self.device = Device::Failed;
            Entered::Fail
        }
    }

    /// The device is in D0 again. Whether it was without power since it was there last: what the bus does not keep for it
    /// has to be made anew. Told once.
    #[must_use]
    pub const fn take_lost_power(&mut self) -> bool {
        core::mem::replace(&mut self.has_been_off, false)
    }

    /// START has succeeded: the device is in D0, whatever was before. A D-IRP that waits goes on.
    pub const fn started(&mut self) {
        if !self.is_leaving() {
            self.device = Device::Working;
        }
        self.has_been_off = false;
        self.is_up_needed = false;
        self.is_idle_called = false;
        self.is_wake_refused = false;
        self.is_idle_refused = false;
    }

    /// Whether the device is armed and may wake the system.
    const fn may_wake_system(&self) -> bool {
        self.settings.system_wake && self.wake.is_some() && !self.wake.is_ending()
    }

    /// How a state of the system would be met.
    #[must_use]
    pub fn map(&self, target: SystemTarget) -> Mapped {
        self.capabilities.map(target, self.may_wake_system())
    }

    /// A system IRP goes down: how its state is met. From here to S0 nobody brings the device up.
    #[must_use]
    pub fn system(&mut self, target: SystemTarget) -> Mapped {
        self.is_system_asleep = target.state != SystemState::S0;
        self.has_been_off |= target.state >= SystemState::S4;
        if target.is_fast_startup && !self.is_system_asleep {
            // Configured as after a start from cold: what was refused is asked for again.
            self.is_wake_refused = false;
            self.is_idle_refused = false;
        }
        self.map(target)
    }
}

impl Default for Power {
    fn default() -> Self {
        Self::new()
    }
}
