//! URBs: freed before their handle is closed, not touched while the `USB` stack has them, and made by it.

use crate::event::{Event, EventKind, Tag, UrbKind, UrbSubmitted};
use crate::map::ObjectMap;
use crate::object::ObjectId;
use crate::rule::Rule;
use crate::value::Site;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// Every live URB, and the handles that were closed.
#[derive(Default)]
pub struct Urbs {
    live: ObjectMap<Urb>,
    closed: ObjectMap<u64>,
    /// The driver has called `USBD_CreateHandle`: from then on it may not make URBs of its own. One that never does
    /// is of before Windows 8, and its URBs come from pool.
    registered: bool,
}

struct Urb {
    handle: ObjectId,
    allocated: u64,
    site: Option<Site>,
    active: Option<u64>,
    reported: bool,
}

impl Rule for Urbs {
    fn names(&self) -> &'static [&'static str] {
        &["UrbNotFreed", "UrbUsedAfterClose", "UrbReusedWhileActive", "ForeignUrb", "UrbNotAssigned"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[
            Tag::UrbAllocated,
            Tag::UrbFreed,
            Tag::UrbAssigned,
            Tag::UrbSubmitted,
            Tag::UrbCompleted,
            Tag::UrbModifiedWhileActive,
            Tag::HandleCreated,
            Tag::HandleClosed,
            Tag::DeviceDeleted,
            Tag::DriverUnloaded,
            Tag::BugCheck,
        ]
    }

    fn on(&mut self, event: &Event, _: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::UrbAllocated(made) if made.urb.is_some() => {
                let (handle, site) = (made.handle, event.site.clone());
                let urb = Urb { handle, allocated: event.seq, site, active: None, reported: false };
                self.live.insert(made.urb, urb);
            }
            EventKind::UrbFreed(freed) => self.freed(event, freed.urb, findings),
            EventKind::UrbAssigned(assigned) => {
                self.touched(event, assigned.urb, "assigned", findings);
            }
            EventKind::UrbSubmitted(submitted) => self.submitted(event, submitted, findings),
            EventKind::UrbCompleted(done) => {
                if let Some(urb) = self.live.get_mut(&done.urb) {
                    urb.active = None;
                }
            }
            EventKind::UrbModifiedWhileActive(changed) => {
                self.active(event, changed.urb, &format!("changed at offset {}", changed.offset), findings);
            }
            EventKind::HandleCreated(_) => self.registered = true,
            EventKind::HandleClosed(closed) => {
                self.closed.entry(closed.handle).or_insert(event.seq);
            }
            EventKind::DeviceDeleted(_) | EventKind::DriverUnloaded(_) | EventKind::BugCheck(_) => {
                self.not_freed(event, findings);
            }
            _ => {}
        }
    }

    fn at_end(&mut self, last: &Event, _: &World, findings: &mut Findings) {
        self.not_freed(last, findings);
    }
}

impl Urbs {
    fn freed(&mut self, event: &Event, id: ObjectId, findings: &mut Findings) {
        if !self.touched(event, id, "freed", findings) {
            self.active(event, id, "freed", findings);
        }
        if self.live.remove(&id).is_none() {
            let found = Violation::new("ForeignUrb", event).code(0x144, 0x3).object(id);
            findings.report(found.detail(format!("{id} was freed, but it is no live URB of the USB stack")));
        }
    }

    /// Reports use after the handle was closed, once per URB.
    fn touched(&mut self, event: &Event, id: ObjectId, how: &str, findings: &mut Findings) -> bool {
        let Some(urb) = self.live.get_mut(&id).filter(|urb| !urb.reported) else { return false };
        let Some(closed) = self.closed.get(&urb.handle) else { return false };
        urb.reported = true;
        let found =
            Violation::new("UrbUsedAfterClose", event).code(0x144, 0x804).object(id).object(urb.handle);
        findings
            .report(found.since(*closed).detail(format!("{id} was {how} after {} was closed", urb.handle)));
        true
    }

    fn active(&self, event: &Event, id: ObjectId, how: &str, findings: &mut Findings) {
        if let Some(since) = self.live.get(&id).and_then(|urb| urb.active) {
            let found =
                Violation::new("UrbReusedWhileActive", event).code(0x144, 0x1).object(id).since(since);
            findings.report(found.detail(format!("{id} was {how} while the USB stack had it")));
        }
    }

    fn submitted(&mut self, event: &Event, sent: &UrbSubmitted, findings: &mut Findings) {
        let found = |rule| Violation::new(rule, event).object(sent.urb).object(sent.irp);
        if sent.kind == UrbKind::Foreign || !self.live.contains_key(&sent.urb) {
            if self.registered {
                let detail = format!("{} does not come from USBD_UrbAllocate or its siblings", sent.urb);
                findings.report(found("ForeignUrb").code(0x144, 0x3).detail(detail));
            }
            return;
        }
        if !self.touched(event, sent.urb, "submitted", findings) {
            self.active(event, sent.urb, "submitted again", findings);
        }
        if !sent.assigned {
            let detail = format!("{} was submitted without USBD_AssignUrbToIoStackLocation", sent.urb);
            findings.report(found("UrbNotAssigned").detail(detail));
        }
        if let Some(urb) = self.live.get_mut(&sent.urb) {
            urb.active = Some(event.seq);
        }
    }

    /// URBs of closed handles. Judged late, because a later use says more.
    fn not_freed(&mut self, event: &Event, findings: &mut Findings) {
        if self.closed.is_empty() {
            return;
        }
        let closed = &self.closed;
        let mut left: Vec<_> = self
            .live
            .iter_mut()
            .filter(|(_, urb)| !urb.reported)
            .filter_map(|(id, urb)| closed.get(&urb.handle).map(|seq| (*id, *seq, urb)))
            .collect();
        left.sort_by_key(|(id, ..)| *id);
        for (id, closed, urb) in left {
            urb.reported = true;
            let found = Violation::new("UrbNotFreed", event).code(0x144, 0x804).object(id).object(urb.handle);
            let detail = format!("{} was closed and {id} was not freed before", urb.handle);
            findings.report(found.since(urb.allocated).since(closed).at(urb.site.as_ref()).detail(detail));
        }
    }
}
