//! The USBD handle: closed once, before `IRP_MN_REMOVE_DEVICE` goes down, and not used afterwards.
//!
//! `CloseAbovePassive` stands in the table of `irql_calls`.

use crate::event::{Event, EventKind, Tag};
use crate::map::ObjectMap;
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::value::Site;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// Every USBD handle.
#[derive(Default)]
pub struct UsbdHandle {
    handles: ObjectMap<Handle>,
}

struct Handle {
    device: ObjectId,
    created: u64,
    site: Option<Site>,
    closed: Option<u64>,
    reported: bool,
}

impl Rule for UsbdHandle {
    fn names(&self) -> &'static [&'static str] {
        &["UsbdHandleNotClosed", "CloseAfterForward", "HandleUsedAfterClose"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[
            Tag::HandleCreated,
            Tag::HandleClosed,
            Tag::CapabilityQueried,
            Tag::UrbAllocated,
            Tag::DeviceDeleted,
            Tag::DriverUnloaded,
            Tag::BugCheck,
        ]
    }

    fn on(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::HandleCreated(made) => {
                let (device, site) = (made.device, event.site.clone());
                let handle = Handle { device, created: event.seq, site, closed: None, reported: false };
                self.handles.insert(made.handle, handle);
            }
            EventKind::HandleClosed(closed) => self.closed(event, closed.handle, world, findings),
            EventKind::CapabilityQueried(query) => self.used(event, query.handle, "queried", findings),
            EventKind::UrbAllocated(made) => {
                self.used(event, made.handle, "used to allocate an URB", findings);
            }
            EventKind::DeviceDeleted(deleted) => self.not_closed(event, Some(deleted.device), findings),
            EventKind::DriverUnloaded(_) => self.not_closed(event, None, findings),
            EventKind::BugCheck(stop) if stop.code == 0x144 && stop.parameters.first() == Some(&0x804) => {
                self.after_forward(event, world, findings);
            }
            _ => {}
        }
    }
}

impl UsbdHandle {
    fn closed(&mut self, event: &Event, id: ObjectId, world: &World, findings: &mut Findings) {
        self.used(event, id, "closed a second time", findings);
        let Some(handle) = self.handles.get_mut(&id).filter(|handle| handle.closed.is_none()) else { return };
        handle.closed = Some(event.seq);
        let forwarded = world.device(handle.device).and_then(|device| device.remove_forwarded);
        if let Some(forwarded) = forwarded.filter(|_| !handle.reported) {
            handle.reported = true;
            let found = Violation::new("CloseAfterForward", event).code(0x144, 0x804).object(id);
            let detail = format!("{id} was closed after {} had sent REMOVE_DEVICE down", handle.device);
            findings.report(found.object(handle.device).since(forwarded).detail(detail));
        }
    }

    fn used(&self, event: &Event, id: ObjectId, how: &str, findings: &mut Findings) {
        let Some(handle) = self.handles.get(&id) else { return };
        if let Some(closed) = handle.closed {
            let found = Violation::new("HandleUsedAfterClose", event).object(id).since(closed);
            findings.report(found.detail(format!("{id} was {how} after it was closed")));
        }
    }

    /// `device`: only its handles.
    fn not_closed(&mut self, event: &Event, device: Option<ObjectId>, findings: &mut Findings) {
        let mut left: Vec<_> = self
            .handles
            .iter_mut()
            .filter(|(_, handle)| handle.closed.is_none() && !handle.reported)
            .filter(|(_, handle)| device.is_none_or(|device| handle.device == device))
            .collect();
        left.sort_by_key(|(id, _)| **id);
        for (id, handle) in left {
            handle.reported = true;
            findings.report(leak(event, *id, handle));
        }
    }

    /// The machine stopped because a handle was open when the stack was taken down.
    fn after_forward(&mut self, event: &Event, world: &World, findings: &mut Findings) {
        for (id, handle) in &mut self.handles {
            let forwarded =
                world.device(handle.device).is_some_and(|device| device.remove_forwarded.is_some());
            if forwarded && handle.closed.is_none() && !handle.reported {
                handle.reported = true;
                findings.report(leak(event, *id, handle));
            }
        }
    }
}

fn leak(event: &Event, id: ObjectId, handle: &Handle) -> Violation {
    let found =
        Violation::new("UsbdHandleNotClosed", event).code(0x144, 0x804).object(id).object(handle.device);
    let detail = format!("{id} of {} was never closed", handle.device);
    found.since(handle.created).at(handle.site.as_ref()).detail(detail)
}
