//! Which IRP an event belongs to.

use crate::event::{Callback, Event, EventKind};
use crate::map::NumberMap;
use crate::object::ObjectId;

/// For every event the IRP it belongs to: the one it names, otherwise the one that the innermost callback on
/// its thread was called for, otherwise `NONE`.
#[must_use]
pub fn owners(events: &[Event]) -> Vec<ObjectId> {
    let mut frames: NumberMap<Vec<(Callback, ObjectId)>> = NumberMap::default();
    let mut owners = Vec::with_capacity(events.len());
    for event in events {
        let stack = frames.entry(event.thread).or_default();
        let around = stack.last().map_or(ObjectId::NONE, |(_, irp)| *irp);
        let named = event.kind.irp();
        // A call belongs to the callback that makes it, whatever it names.
        let by_callback = matches!(event.kind, EventKind::Call(_) | EventKind::Return(_));
        owners.push(if named.is_some() && !by_callback { named } else { around });
        match &event.kind {
            EventKind::CallbackEnter(enter) => {
                stack.push((enter.callback, if named.is_some() { named } else { around }));
            }
            EventKind::CallbackLeave(leave) => {
                if let Some(at) = stack.iter().rposition(|(callback, _)| *callback == leave.callback) {
                    stack.truncate(at);
                }
            }
            _ => {}
        }
    }
    owners
}
