//! `LeakAtUnload`, `DanglingDeviceObjectReference`, `ZwRegistryOpen`: what the driver got, it gives back
//! before it is unloaded.
//!
//! USBD handles, URBs and device objects have rules of their own.

use crate::event::{Actor, Event, EventKind, IrpOrigin, Tag};
use crate::map::{ObjectMap, ObjectSet};
use crate::object::{ObjectId, ObjectKind};
use crate::rule::Rule;
use crate::value::Site;
use crate::violation::{Findings, Violation};
use crate::world::World;

/// What is live: when and where the driver got it, and what it is.
#[derive(Default)]
pub struct LeakAtUnload {
    live: ObjectMap<Got>,
    reported: ObjectSet,
}

struct Got {
    seq: u64,
    site: Option<Site>,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Pool(crate::PoolTag, u64),
    Mdl,
    WorkItem,
    InterfaceString,
    Key,
    Etw,
    Miniport,
    Irp,
    Reference(u32),
}

impl Rule for LeakAtUnload {
    fn names(&self) -> &'static [&'static str] {
        &["LeakAtUnload", "DanglingDeviceObjectReference", "ZwRegistryOpen"]
    }

    fn interest(&self) -> &'static [Tag] {
        &[
            Tag::PoolAllocated,
            Tag::PoolFreed,
            Tag::MdlAllocated,
            Tag::MdlFreed,
            Tag::WorkItemAllocated,
            Tag::WorkItemFreed,
            Tag::InterfaceRegistered,
            Tag::InterfaceStringFreed,
            Tag::KeyOpened,
            Tag::KeyClosed,
            Tag::EtwRegistered,
            Tag::EtwUnregistered,
            Tag::MiniportRegistered,
            Tag::MiniportDeregistered,
            Tag::IrpCreated,
            Tag::IrpFreed,
            Tag::ObjectReferenced,
            Tag::ObjectDereferenced,
            Tag::DriverUnloaded,
            Tag::Leak,
        ]
    }

    fn on(&mut self, event: &Event, _: &World, findings: &mut Findings) {
        match &event.kind {
            EventKind::DriverUnloaded(_) => self.unloaded(event, findings),
            EventKind::Leak(leak) => {
                let own_rule =
                    matches!(leak.object.kind, ObjectKind::Handle | ObjectKind::Urb | ObjectKind::Device);
                if !own_rule && self.reported.insert(leak.object) {
                    let since = self.live.remove(&leak.object).map_or(event.seq, |got| got.seq);
                    let found = Violation::new("LeakAtUnload", event).code(0xC4, 0x62).object(leak.object);
                    let detail = format!("{} ({}) was never given back", leak.object, leak.what);
                    findings.report(found.since(since).at(leak.allocated_at.as_ref()).detail(detail));
                }
            }
            kind => self.account(event, kind),
        }
    }
}

impl LeakAtUnload {
    fn account(&mut self, event: &Event, kind: &EventKind) {
        match kind {
            EventKind::PoolAllocated(e) => self.got(event, e.block, What::Pool(e.tag, e.size)),
            EventKind::MdlAllocated(e) => self.got(event, e.mdl, What::Mdl),
            EventKind::WorkItemAllocated(e) => self.got(event, e.item, What::WorkItem),
            EventKind::InterfaceRegistered(e) => self.got(event, e.interface, What::InterfaceString),
            EventKind::KeyOpened(e) => self.got(event, e.key, What::Key),
            EventKind::EtwRegistered(e) => self.got(event, e.provider, What::Etw),
            EventKind::MiniportRegistered(e) => self.got(event, e.miniport, What::Miniport),
            EventKind::IrpCreated(e)
                if matches!(e.origin, IrpOrigin::Allocated | IrpOrigin::BuiltAsynchronous) =>
            {
                self.got(event, e.irp, What::Irp);
            }
            EventKind::ObjectReferenced(e) if e.by == Actor::Driver => {
                self.got(event, e.object, What::Reference(e.count));
            }
            EventKind::ObjectDereferenced(e) if e.by == Actor::Driver && e.count == 0 => self.gave(e.object),
            EventKind::PoolFreed(e) => self.gave(e.block),
            EventKind::MdlFreed(e) => self.gave(e.mdl),
            EventKind::WorkItemFreed(e) => self.gave(e.item),
            EventKind::InterfaceStringFreed(e) => self.gave(e.interface),
            EventKind::KeyClosed(e) => self.gave(e.key),
            EventKind::EtwUnregistered(e) => self.gave(e.provider),
            EventKind::MiniportDeregistered(e) => self.gave(e.miniport),
            EventKind::IrpFreed(e) => self.gave(e.irp),
            _ => {}
        }
    }

    fn got(&mut self, event: &Event, object: ObjectId, what: What) {
        if object.is_some() {
            self.live.insert(object, Got { seq: event.seq, site: event.site.clone(), what });
        }
    }

    fn gave(&mut self, object: ObjectId) {
        self.live.remove(&object);
    }

    fn unloaded(&mut self, event: &Event, findings: &mut Findings) {
        let mut left: Vec<_> = self.live.drain().filter(|(id, _)| !self.reported.contains(id)).collect();
        left.sort_by_key(|(id, _)| *id);
        for (id, got) in left {
            self.reported.insert(id);
            findings.report(violation(event, id, &got));
        }
    }
}

fn violation(event: &Event, id: ObjectId, got: &Got) -> Violation {
    let found = |rule| Violation::new(rule, event).object(id).since(got.seq).at(got.site.as_ref());
    let leak = || found("LeakAtUnload").code(0xC4, 0x62);
    match got.what {
        What::Pool(tag, size) => leak().detail(format!("{id} ({size} bytes, tag {tag}) was never freed")),
        What::Mdl | What::WorkItem | What::Irp => leak().detail(format!("{id} was never freed")),
        What::InterfaceString => leak().detail(format!("the symbolic link name of {id} was never freed")),
        What::Etw => found("LeakAtUnload").code(0xC4, 0xDD).detail(format!("{id} is still registered")),
        What::Miniport => found("LeakAtUnload").detail(format!("{id} is still registered with NDIS")),
        What::Key => found("ZwRegistryOpen").detail(format!("{id} was never closed")),
        What::Reference(count) => {
            let rule =
                if id.kind == ObjectKind::Device { "DanglingDeviceObjectReference" } else { "LeakAtUnload" };
            found(rule).detail(format!("{count} references to {id} were never given back"))
        }
    }
}
