//! The event of an IRP that the I/O manager built for the driver: `IoBuildDeviceIoControlSetEvent` (only the I/O
//! manager sets it) and `EventAlreadySignalled` (it is not signalled when the IRP is sent).

use crate::event::{Actor, Event, EventKind, IrpOrigin, Tag};
use crate::map::{ObjectMap, ObjectSet};
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// Events: which IRP each belongs to, and which are signalled.
#[derive(Debug, Default)]
pub struct BuiltIrpEvent {
    /// By event: the IRP, and whether it is one of `IoBuildDeviceIoControlRequest`.
    owners: ObjectMap<(ObjectId, bool)>,
    of_irp: ObjectMap<ObjectId>,
    signalled: ObjectMap<u64>,
    /// Events that one wait resets.
    synchronization: ObjectSet,
    /// IRPs that were sent with their event signalled.
    early: ObjectMap<u64>,
}

impl Rule for BuiltIrpEvent {
    fn names(&self) -> &'static [&'static str] {
        &["IoBuildDeviceIoControlSetEvent", "EventAlreadySignalled"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[
            Tag::IrpCreated,
            Tag::IrpSent,
            Tag::IrpReturned,
            Tag::IrpFreed,
            Tag::EventInitialised,
            Tag::EventSignalled,
            Tag::EventCleared,
            Tag::WaitEnded,
        ]
    }

    fn on(&mut self, event: &Event, _: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::IrpCreated(made) if made.user_event.is_some() => {
                let device_control = made.origin == IrpOrigin::BuiltDeviceControl;
                self.owners.insert(made.user_event, (made.irp, device_control));
                self.of_irp.insert(made.irp, made.user_event);
            }
            EventKind::IrpSent(sent) if sent.by == Actor::Driver && !self.of_irp.is_empty() => {
                let signalled = self.of_irp.get(&sent.irp).and_then(|of| self.signalled.get(of));
                if let Some(seq) = signalled {
                    self.early.insert(sent.irp, *seq);
                }
            }
            EventKind::IrpReturned(back) if !self.early.is_empty() => {
                if let Some(seq) = self.early.remove(&back.irp)
                    && back.status == NtStatus::PENDING
                {
                    let found = Violation::new("EventAlreadySignalled", event).code(0xC9, 0x307);
                    let detail = format!("{} was sent while its event was signalled already", back.irp);
                    findings.report(found.object(back.irp).since(seq).detail(detail));
                }
            }
            EventKind::IrpFreed(freed) if !self.of_irp.is_empty() => {
                if let Some(of) = self.of_irp.remove(&freed.irp) {
                    self.owners.remove(&of);
                }
            }
            kind => self.track(event, kind, findings),
        }
    }
}

impl BuiltIrpEvent {
    fn track(&mut self, event: &Event, kind: &EventKind, findings: &mut Findings) {
        match kind {
            EventKind::EventInitialised(made) => {
                self.set(made.object, made.signalled.then_some(event.seq));
                if made.synchronization {
                    self.synchronization.insert(made.object);
                }
            }
            EventKind::EventSignalled(set) => {
                self.set(set.object, Some(event.seq));
                if let Some((irp, true)) = self.owners.get(&set.object)
                    && set.by == Actor::Driver
                {
                    let found = Violation::new("IoBuildDeviceIoControlSetEvent", event).object(*irp);
                    let detail =
                        format!("the driver set {}, which the I/O manager sets for {irp}", set.object);
                    findings.report(found.object(set.object).detail(detail));
                }
            }
            EventKind::EventCleared(cleared) => self.set(cleared.object, None),
            EventKind::WaitEnded(wait)
                if wait.status.is_success() && self.synchronization.contains(&wait.object) =>
            {
                self.set(wait.object, None);
            }
            _ => {}
        }
    }

    fn set(&mut self, object: ObjectId, signalled: Option<u64>) {
        match signalled {
            Some(seq) => self.signalled.insert(object, seq),
            None => self.signalled.remove(&object),
        };
    }
}
