//! `MarkingQueuedIrps` and `MarkingInterlockedQueuedIrps`: an IRP is marked pending before anybody else can take it
//! out of the queue and complete it.
//!
//! Judged when the dispatch routine returns `STATUS_PENDING` and did mark it: the IRP was linked into a list under a
//! spin lock, and marked after that was given back; or linked by an interlocked routine, and marked after that. One
//! that was never marked is `MarkIrpPending2`'s to report.

use super::exit::Exit;
use crate::event::{Event, EventKind, Tag};
use crate::map::ObjectMap;
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::value::NtStatus;
use crate::violation::Findings;
use crate::world::World;

/// IRPs that were queued before they were marked.
#[derive(Debug, Default)]
pub struct MarkingQueued {
    queued: ObjectMap<Queued>,
}

#[derive(Debug)]
struct Queued {
    thread: u32,
    seq: u64,
    interlocked: bool,
    /// Since when anybody may take it.
    open: Option<u64>,
}

impl Rule for MarkingQueued {
    fn names(&self) -> &'static [&'static str] {
        &["MarkingQueuedIrps", "MarkingInterlockedQueuedIrps"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[Tag::IrpQueued, Tag::IrpMarkedPending, Tag::SpinLockReleased, Tag::CallbackLeave]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::IrpQueued(queued) => self.queued(event, queued.irp, queued.interlocked, world),
            // Marked in time.
            EventKind::IrpMarkedPending(marked)
                if self.queued.get(&marked.irp).is_some_and(|queued| queued.open.is_none()) =>
            {
                self.queued.remove(&marked.irp);
            }
            EventKind::SpinLockReleased(_) if !self.queued.is_empty() => {
                let last = world.thread(event).is_none_or(|thread| thread.locks.len() <= 1);
                for queued in self.queued.values_mut().filter(|queued| queued.thread == event.thread && last)
                {
                    queued.open.get_or_insert(event.seq);
                }
            }
            EventKind::CallbackLeave(_) if !self.queued.is_empty() => self.leave(event, world, findings),
            _ => {}
        }
    }
}

impl MarkingQueued {
    fn queued(&mut self, event: &Event, irp: ObjectId, interlocked: bool, world: &World) {
        let Some(thread) = world.thread(event) else { return };
        let unmarked = thread.frames.last().is_some_and(|frame| frame.dispatches(irp) && !frame.marked);
        // A list that no lock guards is not what the page is about.
        if unmarked && (interlocked || !thread.locks.is_empty()) {
            let open = interlocked.then_some(event.seq);
            self.queued.insert(irp, Queued { thread: event.thread, seq: event.seq, interlocked, open });
        }
    }

    fn leave(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        let Some(exit) = Exit::of(event, world) else { return };
        let Some(queued) = self.queued.remove(&exit.irp) else { return };
        if queued.open.is_none() || !exit.frame.marked || exit.returned != NtStatus::PENDING {
            return;
        }
        let (rule, what) = if queued.interlocked {
            ("MarkingInterlockedQueuedIrps", "put on an interlocked queue")
        } else {
            ("MarkingQueuedIrps", "queued, and its spin lock given back,")
        };
        let detail = format!("{} was {what} before it was marked pending", exit.request());
        findings.report(exit.violation(rule, event).since(queued.seq).detail(detail));
    }
}
