//! `IrqlReturn`: a callback returns at the `IRQL` it was entered at.

use super::predicate::Predicate;
use crate::event::{Callback, Event, EventKind, Tag};
use crate::names;
use crate::violation::{Findings, Violation};
use crate::world::World;

pub const RULE: Predicate = Predicate { names: &["IrqlReturn"], interest: &[Tag::CallbackLeave], on };

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let EventKind::CallbackLeave(leave) = &event.kind else { return };
    let Some(thread) = world.thread(event) else { return };
    let Some(frame) = thread.frames.last().filter(|frame| frame.callback == leave.callback) else { return };
    // A lock left held raises the IRQL too; SpinLock reports it. A cancel routine is entered with the
    // cancel spin lock held and gives it back.
    let lock_left = thread.locks.iter().any(|lock| lock.acquired > frame.entered);
    if event.irql != frame.irql && !lock_left && !matches!(frame.callback, Callback::Cancel { .. }) {
        let detail =
            format!("entered at {} and left at {}", names::irql(frame.irql), names::irql(event.irql));
        let code = if matches!(frame.callback, Callback::Completion { .. }) { 0xFA } else { 0x0002_001D };
        let found = Violation::new("IrqlReturn", event).code(0xC4, code).since(frame.entered);
        findings.report(found.object(frame.irp()).detail(detail));
    }
}
