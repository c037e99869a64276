//! Callbacks that are running.

use super::PowerRequest;
use crate::event::{Actor, Callback, Event, EventKind};
use crate::object::ObjectId;
use crate::value::NtStatus;

/// A callback of the driver that has not returned yet.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not one state")]
pub struct Frame {
    /// Which.
    pub callback: Callback,
    /// When it was entered, by `seq`.
    pub entered: u64,
    /// `IRQL` on entry.
    pub irql: u8,
    /// Its IRP was marked pending by this callback itself.
    pub marked: bool,
    /// Its IRP was sent down by this callback itself.
    pub sent: bool,
    /// ... as a skipped stack location.
    pub skipped: bool,
    /// ... with a completion routine of the driver.
    pub with_completion: bool,
    /// What `IoCallDriver` returned to this callback for its IRP.
    pub lower: Option<NtStatus>,
    /// Its IRP was completed by the driver while it ran, with this status.
    pub completed: Option<NtStatus>,
    /// It set an event object.
    pub signalled: bool,
    /// What its IRP asks for, if that is a power IRP of the power manager's.
    pub power: Option<PowerRequest>,
}

impl Frame {
    pub(super) const fn new(event: &Event, callback: Callback) -> Self {
        Self {
            callback,
            entered: event.seq,
            irql: event.irql,
            marked: false,
            sent: false,
            skipped: false,
            with_completion: false,
            lower: None,
            completed: None,
            signalled: false,
            power: None,
        }
    }

    /// Whether it is a dispatch routine.
    #[must_use]
    pub const fn is_dispatch(&self) -> bool {
        matches!(self.callback, Callback::Dispatch { .. })
    }

    /// Major and minor code of a dispatch routine's request.
    #[must_use]
    pub const fn request(&self) -> Option<(u8, u8)> {
        match self.callback {
            Callback::Dispatch { major, minor, .. } => Some((major, minor)),
            _ => None,
        }
    }

    /// The IRP it was called for, `NONE` if for none.
    #[must_use]
    pub const fn irp(&self) -> ObjectId {
        match self.callback {
            Callback::Dispatch { irp, .. }
            | Callback::Completion { irp, .. }
            | Callback::Cancel { irp, .. }
            | Callback::Idle { irp } => irp,
            _ => ObjectId::NONE,
        }
    }

    /// The device object it was called for, `NONE` if for none.
    #[must_use]
    pub const fn device(&self) -> ObjectId {
        match self.callback {
            Callback::Dispatch { device, .. }
            | Callback::Completion { device, .. }
            | Callback::Cancel { device, .. }
            | Callback::PowerCompletion { device, .. } => device,
            _ => ObjectId::NONE,
        }
    }

    /// The physical device object of an `AddDevice` call, otherwise `NONE`.
    #[must_use]
    pub const fn pdo(&self) -> ObjectId {
        match self.callback {
            Callback::AddDevice { pdo } => pdo,
            _ => ObjectId::NONE,
        }
    }

    /// Whether it was called for `irp`.
    #[must_use]
    pub fn concerns(&self, irp: ObjectId) -> bool {
        irp.is_some() && self.irp() == irp
    }

    /// Whether it is the dispatch routine for `irp`.
    #[must_use]
    pub fn dispatches(&self, irp: ObjectId) -> bool {
        self.is_dispatch() && self.concerns(irp)
    }

    pub(super) fn apply(&mut self, kind: &EventKind, skipped: bool, completion_ours: bool) {
        match kind {
            EventKind::IrpMarkedPending(_) => self.marked = true,
            EventKind::IrpSent(sent) if sent.by == Actor::Driver => {
                (self.sent, self.lower) = (true, None);
                (self.skipped, self.with_completion) = (skipped, completion_ours);
            }
            EventKind::IrpReturned(returned) if returned.by == Actor::Driver => {
                self.lower = Some(returned.status);
            }
            _ => {}
        }
    }
}
