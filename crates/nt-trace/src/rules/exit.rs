//! The moment a dispatch routine returns, which many rules judge.

use crate::event::{Callback, Event, EventKind};
use crate::names::{self, mj, pnp};
use crate::object::ObjectId;
use crate::value::NtStatus;
use crate::violation::Violation;
use crate::world::{Frame, Irp, World};

/// A dispatch routine returning.
pub struct Exit<'a> {
    pub frame: &'a Frame,
    pub major: u8,
    pub minor: u8,
    pub device: ObjectId,
    pub irp: ObjectId,
    /// The IRP's state, if it still lives.
    pub state: Option<&'a Irp>,
    /// What the routine returns.
    pub returned: NtStatus,
}

impl<'a> Exit<'a> {
    /// `event` seen as a dispatch routine's return.
    pub fn of(event: &Event, world: &'a World) -> Option<Self> {
        let EventKind::CallbackLeave(leave) = &event.kind else { return None };
        let Callback::Dispatch { major, minor, device, irp } = leave.callback else { return None };
        let frame = world.frame(event).filter(|frame| frame.callback == leave.callback)?;
        Some(Self { frame, major, minor, device, irp, state: world.irp(irp), returned: leave.status })
    }

    /// A PnP request of this minor code.
    pub const fn is_pnp(&self, minor: u8) -> bool {
        self.major == mj::PNP && self.minor == minor
    }

    /// A PnP request that no driver may fail, returned with a failure that is not the lower driver's.
    pub fn fails_what_must_not_fail(&self) -> bool {
        let lower_failed = self.frame.lower.is_some_and(NtStatus::is_error);
        must_not_fail(self.major, self.minor) && self.returned.is_error() && !lower_failed
    }

    /// A violation about this return.
    pub fn violation(&self, rule: &'static str, event: &Event) -> Violation {
        Violation::new(rule, event).since(self.frame.entered).object(self.irp).object(self.device)
    }

    /// What a reader calls the request.
    pub fn request(&self) -> String {
        names::request(self.major, self.minor)
    }
}

/// PnP requests that a driver must not fail.
pub const fn must_not_fail(major: u8, minor: u8) -> bool {
    major == mj::PNP
        && matches!(
            minor,
            pnp::SURPRISE_REMOVAL | pnp::CANCEL_REMOVE_DEVICE | pnp::CANCEL_STOP_DEVICE | pnp::REMOVE_DEVICE
        )
}
