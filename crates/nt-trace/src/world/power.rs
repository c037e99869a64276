//! What a power IRP asks for.

use crate::event::PowerIrpCreated;
use crate::names::{self, DEVICE_D0, SYSTEM_WORKING, power};
use crate::object::ObjectId;

/// What a power IRP of the power manager's asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerRequest {
    /// The physical device object of the stack.
    pub pdo: ObjectId,
    /// `IRP_MN_*`
    pub minor: u8,
    /// For the system's state.
    pub system: bool,
    /// The state asked for.
    pub state: u32,
    /// The state before.
    pub from: u32,
    /// The driver under test asked for it.
    pub requested: bool,
}

impl PowerRequest {
    pub(super) const fn of(made: &PowerIrpCreated) -> Self {
        let &PowerIrpCreated { pdo, minor, system, state, from, requested, .. } = made;
        Self { pdo, minor, system, state, from, requested }
    }

    /// `IRP_MN_SET_POWER`
    #[must_use]
    pub const fn is_set(self) -> bool {
        self.minor == power::SET_POWER
    }

    /// `IRP_MN_SET_POWER` to the working state: S0 or D0.
    #[must_use]
    pub const fn is_up(self) -> bool {
        let working = if self.system { SYSTEM_WORKING } else { DEVICE_D0 };
        self.is_set() && self.state == working
    }

    /// `IRP_MN_SET_POWER` to another state.
    #[must_use]
    pub const fn is_down(self) -> bool {
        self.is_set() && !self.is_up()
    }

    /// How a reader calls it.
    #[must_use]
    pub fn text(self) -> String {
        let request = names::request(names::mj::POWER, self.minor);
        let system = self.system || self.minor == power::WAIT_WAKE;
        format!("{request} {}", names::power_state(system, self.state))
    }
}
