//! `IoBuildDeviceControlWait` and `IoBuildSynchronousFsdRequestWait`: the I/O manager signals the event of
//! such an IRP, so whoever sent it waits when the answer is `STATUS_PENDING`.

use crate::event::{Actor, Event, EventKind, IrpOrigin, Tag};
use crate::map::{NumberMap, ObjectMap};
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// IRPs that were sent, and threads that have to wait.
#[derive(Default)]
pub struct BuiltIrpWait {
    sent: ObjectMap<&'static str>,
    owed: NumberMap<(ObjectId, &'static str, u64)>,
}

impl Rule for BuiltIrpWait {
    fn names(&self) -> &'static [&'static str] {
        &["IoBuildDeviceControlWait", "IoBuildSynchronousFsdRequestWait"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::IrpSent, Tag::IrpReturned, Tag::WaitBegun, Tag::CallbackLeave]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::IrpSent(sent) if sent.by == Actor::Driver => {
                let rule = match world.irp(sent.irp).map(|irp| irp.origin) {
                    Some(IrpOrigin::BuiltDeviceControl) => "IoBuildDeviceControlWait",
                    Some(IrpOrigin::BuiltSynchronous) => "IoBuildSynchronousFsdRequestWait",
                    _ => return,
                };
                self.sent.insert(sent.irp, rule);
            }
            EventKind::IrpReturned(back) => {
                if let Some(rule) = self.sent.remove(&back.irp)
                    && back.status == NtStatus::PENDING
                {
                    self.owed.insert(event.thread, (back.irp, rule, event.seq));
                }
            }
            EventKind::WaitBegun(_) => {
                self.owed.remove(&event.thread);
            }
            EventKind::CallbackLeave(_) => {
                if let Some((irp, rule, seq)) = self.owed.remove(&event.thread) {
                    let found = Violation::new(rule, event).object(irp).since(seq);
                    let detail = format!("{irp} was answered STATUS_PENDING and its sender did not wait");
                    findings.report(found.detail(detail));
                }
            }
            _ => {}
        }
    }
}
