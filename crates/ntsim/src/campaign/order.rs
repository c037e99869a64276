//! Where the handle is closed on a device's way out.

use nt_trace::{
    Event, ObjectId,
    event::{Actor, EventKind},
};

const IRP_MJ_PNP: u8 = 0x1B;
const IRP_MN_REMOVE_DEVICE: u8 = 0x02;
/// `PowerSystemShutdown`
const OFF: u32 = 6;

/// For every handle that was created: it was closed; and if its device was ever sent `IRP_MN_REMOVE_DEVICE`, it
/// was closed before the driver forwarded that.
///
/// # Errors
/// What is otherwise, in words.
pub fn handles_are_closed_in_time(events: &[Event]) -> Result<(), String> {
    for event in events {
        if let EventKind::HandleCreated(created) = &event.kind {
            closed_in_time(events, event.seq, created.handle, created.device)?;
        }
    }
    Ok(())
}

/// How many handles were created.
#[must_use]
pub fn handles_created(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event.kind, EventKind::HandleCreated(_))).count()
}

/// How often the driver forwarded `IRP_MN_REMOVE_DEVICE`.
#[must_use]
pub fn removes_forwarded(events: &[Event]) -> usize {
    events.iter().filter(|event| forwards_remove(event, None)).count()
}

fn closed_in_time(events: &[Event], created: u64, handle: ObjectId, device: ObjectId) -> Result<(), String> {
    let after = || events.iter().filter(|event| event.seq > created);
    let is_close =
        |event: &&Event| matches!(&event.kind, EventKind::HandleClosed(close) if close.handle == handle);
    let Some(closed) = after().find(is_close) else {
        // Nothing is given back when the machine is switched off.
        let off =
            after().any(|event| matches!(&event.kind, EventKind::SystemPowerChanged(it) if it.state == OFF));
        return if off { Ok(()) } else { Err(format!("{handle} was never closed")) };
    };
    match after().find(|event| forwards_remove(event, Some(device))) {
        Some(forwarded) if forwarded.seq < closed.seq => {
            Err(format!("{handle} was closed after {device} had forwarded REMOVE"))
        }
        _ => Ok(()),
    }
}

fn forwards_remove(event: &Event, device: Option<ObjectId>) -> bool {
    let EventKind::IrpSent(sent) = &event.kind else { return false };
    sent.by == Actor::Driver
        && device.is_none_or(|device| sent.from == device)
        && (sent.major, sent.minor) == (IRP_MJ_PNP, IRP_MN_REMOVE_DEVICE)
}

#[cfg(test)]
mod tests {
    use nt_trace::{
        Event, ObjectId, ObjectKind,
        event::{Actor, EventKind, HandleClosed, HandleCreated, IrpSent},
    };

    use super::{IRP_MJ_PNP, IRP_MN_REMOVE_DEVICE, handles_are_closed_in_time};

    const HANDLE: ObjectId = ObjectId::new(ObjectKind::Handle, 1);
    const DEVICE: ObjectId = ObjectId::new(ObjectKind::Device, 2);

    fn trace(kinds: Vec<EventKind>) -> Vec<Event> {
        (0..).zip(kinds).map(|(seq, kind)| Event { seq, kind, ..Event::default() }).collect()
    }

    fn created() -> EventKind {
        HandleCreated { handle: HANDLE, device: DEVICE, ..HandleCreated::default() }.into()
    }

    fn closed() -> EventKind {
        HandleClosed { handle: HANDLE }.into()
    }

    fn forwarded() -> EventKind {
        let (by, from, major, minor) = (Actor::Driver, DEVICE, IRP_MJ_PNP, IRP_MN_REMOVE_DEVICE);
        IrpSent { by, from, major, minor, ..IrpSent::default() }.into()
    }

    #[test]
    fn closed_before_the_forward() {
        assert_eq!(handles_are_closed_in_time(&trace(vec![created(), closed(), forwarded()])), Ok(()));
        assert_eq!(handles_are_closed_in_time(&trace(vec![created(), closed()])), Ok(()));
    }

    #[test]
    fn closed_after_the_forward() {
        assert!(handles_are_closed_in_time(&trace(vec![created(), forwarded(), closed()])).is_err());
    }

    #[test]
    fn never_closed() {
        assert!(handles_are_closed_in_time(&trace(vec![created(), forwarded()])).is_err());
    }
}
