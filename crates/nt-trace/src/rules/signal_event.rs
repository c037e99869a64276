//! `SignalEventInCompletion` and `IoAllocateIrpSignalEventInCompletion`: a completion routine that keeps an IRP
//! that was pended signals whoever waits for it.
//!
//! Judged when nobody can run any more: before that, the signal may still come from elsewhere.

use crate::event::{Callback, Event, EventKind, Tag};
use crate::map::ObjectMap;
use crate::rule::Rule;
use crate::value::NtStatus;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// IRPs that a completion routine kept without signalling anything: when, and whether the driver made them.
#[derive(Default)]
pub struct SignalEvent {
    silent: ObjectMap<(u64, bool)>,
}

impl Rule for SignalEvent {
    fn names(&self) -> &'static [&'static str] {
        &["SignalEventInCompletion", "IoAllocateIrpSignalEventInCompletion"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::CallbackLeave, Tag::IrpSent, Tag::IrpFreed, Tag::Deadlock]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::CallbackLeave(leave) => {
                let Callback::Completion { irp, pending_returned: true, .. } = leave.callback else { return };
                let Some(frame) = world.frame(event) else { return };
                let ours = world.irp(irp).is_some_and(crate::world::Irp::is_ours);
                if leave.status == NtStatus::MORE_PROCESSING_REQUIRED && !frame.signalled {
                    self.silent.insert(irp, (event.seq, ours));
                }
            }
            EventKind::IrpSent(sent) => {
                self.silent.remove(&sent.irp);
            }
            EventKind::IrpFreed(freed) => {
                self.silent.remove(&freed.irp);
            }
            EventKind::Deadlock(_) => self.stuck(event, world, findings),
            _ => {}
        }
    }
}

impl SignalEvent {
    fn stuck(&self, event: &Event, world: &World, findings: &mut Findings) {
        let waited_for = |irp| world.frames().any(|frame| frame.dispatches(irp));
        let anyone = world.frames().next().is_some();
        let mut silent: Vec<_> = self.silent.iter().collect();
        silent.sort_by_key(|(irp, _)| **irp);
        for (irp, (seq, ours)) in silent {
            let rule = match ours {
                true if anyone => "IoAllocateIrpSignalEventInCompletion",
                false if waited_for(*irp) => "SignalEventInCompletion",
                _ => continue,
            };
            let detail = format!(
                "the completion routine kept {irp} and signalled nobody, and somebody waits for ever"
            );
            findings.report(Violation::new(rule, event).object(*irp).since(*seq).detail(detail));
        }
    }
}
