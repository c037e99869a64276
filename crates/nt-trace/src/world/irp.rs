//! IRPs.

use super::PowerRequest;
use crate::event::{Actor, Event, EventKind, IrpOrigin};
use crate::object::ObjectId;
use crate::value::NtStatus;

/// Who may touch an IRP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// The I/O manager or another driver above.
    #[default]
    System,
    /// The driver under test.
    Driver,
    /// A driver below.
    Below,
    /// Nobody: it was completed and no completion routine took it back.
    Completed,
}

/// What the trace said about a live IRP.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not one state")]
pub struct Irp {
    /// When it was made, by `seq`.
    pub created: u64,
    /// Where it comes from.
    pub origin: IrpOrigin,
    /// `IRP_MJ_*` as the driver received it; of an IRP of its own, as it sent it.
    pub major: u8,
    /// `IRP_MN_*` likewise.
    pub minor: u8,
    /// Who may touch it.
    pub owner: Owner,
    /// Its status when the driver received it.
    pub received_status: NtStatus,
    /// The driver marked it pending in a dispatch routine of its own, not in a completion routine.
    pub marked: bool,
    /// A completion routine is set for the next send; true for the `Ex` form.
    pub completion: Option<bool>,
    /// It was last sent with a completion routine of the driver.
    pub sent_with_completion: bool,
    /// The next send is a skip.
    pub skipped: bool,
    /// The next stack location is a copy.
    pub copied: bool,
    /// How often the driver sent it.
    pub sends: u32,
    /// When the driver last sent it, by `seq`.
    pub sent: u64,
    /// When it was last completed by anyone, by `seq`.
    pub completed: Option<u64>,
    /// The status that a driver below completed it with.
    pub below_status: Option<NtStatus>,
    /// The I/O manager is done with it.
    pub finished: bool,
    /// What it asks for, if it is a power IRP of the power manager's.
    pub power: Option<PowerRequest>,
    /// When `IoSetCompletionRoutineEx` failed for the next send, by `seq`.
    pub refused: Option<u64>,
}

impl Irp {
    /// Made by the driver under test.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        is_by_driver(self.origin)
    }

    /// `in_own_dispatch`: the innermost callback is the dispatch routine for this very IRP.
    pub(super) fn apply(&mut self, event: &Event, in_own_dispatch: bool) {
        match &event.kind {
            EventKind::IrpCreated(made) => {
                let owner = if is_by_driver(made.origin) { Owner::Driver } else { Owner::System };
                *self = Self {
                    created: event.seq,
                    origin: made.origin,
                    major: made.major,
                    minor: made.minor,
                    received_status: made.status,
                    owner,
                    ..Self::default()
                };
            }
            EventKind::PowerIrpCreated(made) => self.power = Some(PowerRequest::of(made)),
            EventKind::IrpReinitialised(_) => {
                let Self { created, origin, .. } = *self;
                *self = Self { created, origin, owner: Owner::Driver, ..Self::default() };
            }
            EventKind::IrpMarkedPending(_) => self.marked |= in_own_dispatch,
            EventKind::CompletionRoutineSet(set) => (self.completion, self.refused) = (Some(set.ex), None),
            EventKind::CompletionRoutineExSet(set) => {
                self.refused = (!set.status.is_success()).then_some(event.seq);
            }
            EventKind::StackSkipped(_) => self.skipped = true,
            EventKind::StackCopied(_) => self.copied = true,
            EventKind::IrpSent(sent) if sent.by == Actor::Driver => {
                if self.is_ours() {
                    (self.major, self.minor) = (sent.major, sent.minor);
                }
                (self.owner, self.sent) = (Owner::Below, event.seq);
                self.sends = self.sends.saturating_add(1);
                self.sent_with_completion = self.completion.is_some();
                (self.skipped, self.copied, self.completion, self.refused) = (false, false, None, None);
            }
            EventKind::IrpSent(sent) if sent.by != Actor::Below => self.received_status = sent.status,
            EventKind::IrpCompleteCalled(call) => {
                (self.owner, self.completed) = (Owner::Completed, Some(event.seq));
                if call.by == Actor::Below {
                    self.below_status = Some(call.status);
                }
            }
            EventKind::CompletionRoutineCalled(called)
                if called.more_processing && called.by != Actor::Driver =>
            {
                self.owner = if called.by == Actor::Below { Owner::Below } else { Owner::System };
            }
            EventKind::IrpFinished(_) => self.finished = true,
            _ => {}
        }
    }
}

const fn is_by_driver(origin: IrpOrigin) -> bool {
    matches!(
        origin,
        IrpOrigin::Allocated
            | IrpOrigin::BuiltDeviceControl
            | IrpOrigin::BuiltAsynchronous
            | IrpOrigin::BuiltSynchronous
    )
}

/// The IRP that an event is about.
pub(super) fn concerned(kind: &EventKind) -> Option<ObjectId> {
    let irp = match kind {
        EventKind::IrpMarkedPending(e) => e.irp,
        EventKind::CompletionRoutineSet(e) => e.irp,
        EventKind::CompletionRoutineExSet(e) => e.irp,
        EventKind::StackSkipped(e) => e.irp,
        EventKind::StackCopied(e) => e.irp,
        EventKind::IrpCreated(e) => e.irp,
        EventKind::PowerIrpCreated(e) => e.irp,
        EventKind::IrpSent(e) => e.irp,
        EventKind::IrpReturned(e) => e.irp,
        EventKind::IrpCompleteCalled(e) => e.irp,
        EventKind::CompletionRoutineCalled(e) => e.irp,
        EventKind::IrpFinished(e) => e.irp,
        EventKind::IrpFreed(e) => e.irp,
        EventKind::IrpReinitialised(e) => e.irp,
        _ => return None,
    };
    irp.is_some().then_some(irp)
}
