//! The `…Timeout` rules about IRPs of the driver's own: whoever waits for one without a timeout depends on a lower
//! driver that may never complete it.
//!
//! Each such wait has the defect in the page's words. Here it speaks when the wait does not end: nobody can run any
//! more, and the IRP is still with the lower driver.

use crate::event::{Actor, Event, EventKind, IrpOrigin, Tag};
use crate::map::NumberMap;
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::{Owner, World};

/// Threads whose own IRP is pending, and since when they wait for it without a timeout.
#[derive(Debug, Default)]
pub struct WaitForLower {
    pending: NumberMap<(ObjectId, Option<u64>)>,
}

impl Rule for WaitForLower {
    fn names(&self) -> &'static [&'static str] {
        &[
            "IoAllocateIrpSignalEventInCompletionTimeout",
            "IoBuildDeviceControlWaitTimeout",
            "IoBuildFsdIrpSignalEventInCompletionTimeout",
            "IoBuildSynchronousFsdRequestWaitTimeout",
        ]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::IrpReturned, Tag::WaitBegun, Tag::WaitEnded, Tag::CallbackLeave, Tag::Deadlock]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::IrpReturned(back)
                if back.by == Actor::Driver
                    && back.status == NtStatus::PENDING
                    && world.irp(back.irp).is_some_and(crate::world::Irp::is_ours) =>
            {
                self.pending.insert(event.thread, (back.irp, None));
            }
            EventKind::WaitBegun(wait) if wait.timeout.is_none() && !wait.signalled => {
                if let Some((_, since)) = self.pending.get_mut(&event.thread) {
                    since.get_or_insert(event.seq);
                }
            }
            EventKind::WaitEnded(_) | EventKind::CallbackLeave(_) if !self.pending.is_empty() => {
                self.pending.remove(&event.thread);
            }
            EventKind::Deadlock(_) => self.stuck(event, world, findings),
            _ => {}
        }
    }
}

impl WaitForLower {
    fn stuck(&self, event: &Event, world: &World, findings: &mut Findings) {
        let mut stuck: Vec<_> = self.pending.iter().collect();
        stuck.sort_unstable();
        for (thread, (id, since)) in stuck {
            let Some(irp) = world.irp(*id).filter(|irp| irp.owner == Owner::Below) else { continue };
            let (Some(since), Some(rule)) = (since, rule_of(irp.origin)) else { continue };
            let detail = format!("thread {thread} waits for {id} without a timeout, and it never comes back");
            let found = Violation::new(rule, event).object(*id).since(irp.sent).since(*since);
            findings.report(found.detail(detail));
        }
    }
}

const fn rule_of(origin: IrpOrigin) -> Option<&'static str> {
    Some(match origin {
        IrpOrigin::Allocated => "IoAllocateIrpSignalEventInCompletionTimeout",
        IrpOrigin::BuiltDeviceControl => "IoBuildDeviceControlWaitTimeout",
        IrpOrigin::BuiltAsynchronous => "IoBuildFsdIrpSignalEventInCompletionTimeout",
        IrpOrigin::BuiltSynchronous => "IoBuildSynchronousFsdRequestWaitTimeout",
        _ => return None,
    })
}
