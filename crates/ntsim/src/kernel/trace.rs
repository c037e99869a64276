//! Records what happens, with symbolic names instead of addresses.

use std::collections::BTreeMap;

use nt_trace::{Event, EventKind, ObjectId, ObjectKind, Site, Text};

use super::Kernel;
use crate::{mem::Addr, sched::ThreadId};

/// The events of a life, and the names of objects that have no allocation of their own.
#[derive(Debug, Default)]
pub struct Trace {
    events: Vec<Event>,
    /// The image's file name, for sites.
    pub module: Text,
    names: BTreeMap<(Addr, ObjectKind), ObjectId>,
}

impl Trace {
    /// Everything so far, in order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Takes the events out, to report them.
    #[must_use]
    pub fn take(&mut self) -> Vec<Event> {
        // The next life will be about as long.
        let next = Vec::with_capacity(self.events.len());
        std::mem::replace(&mut self.events, next)
    }

    /// Forgets events and names; the image's name stays.
    pub fn reset(&mut self) {
        self.events.clear();
        self.names.clear();
    }
}

impl Kernel {
    /// Records an event of the thread that runs.
    pub fn emit(&mut self, kind: impl Into<EventKind>) {
        let site = self.site_of(self.site());
        self.emit_at(site, kind);
    }

    /// Records an event that happened at a place of its own.
    pub fn emit_at(&mut self, site: Option<Site>, kind: impl Into<EventKind>) {
        let seq = self.trace.events.len() as u64;
        if self.snapshots.watches(seq) {
            self.take_snapshot(seq);
        }
        let event = Event {
            seq,
            time: self.sched.now,
            thread: self.sched.current().0,
            processor: self.sched.processor(),
            irql: self.sched.irql(),
            site,
            kind: kind.into(),
        };
        self.trace.events.push(event);
    }

    /// Says that what was recorded from number `first` on was done by another thread than the one that runs.
    pub(super) fn attribute(&mut self, first: usize, thread: ThreadId) {
        let Some(doer) = self.sched.thread(thread) else { return };
        let (processor, irql) = (doer.processor, doer.irql);
        for event in self.trace.events.iter_mut().skip(first) {
            (event.thread, event.processor, event.irql) = (thread.0, processor, irql);
        }
    }

    /// Where an address of code lies: in the driver's image, or nowhere that has a name.
    #[must_use]
    pub fn site_of(&self, address: Addr) -> Option<Site> {
        let (base, size) = self.mem.image()?;
        let offset = address.0.checked_sub(base.0).filter(|offset| *offset < size)?;
        Some(Site::new(self.trace.module.clone(), u32::try_from(offset).ok()?))
    }

    /// The name of an object inside other memory (an event, a lock), given at its first use.
    pub fn name_of(&mut self, address: Addr, kind: ObjectKind) -> ObjectId {
        if let Some(name) = self.trace.names.get(&(address, kind)) {
            return *name;
        }
        self.rename(address, kind)
    }

    /// Gives the object at `address` a new name, because it was initialised and is another one now.
    pub fn rename(&mut self, address: Addr, kind: ObjectKind) -> ObjectId {
        let name = self.mem.name(kind);
        self.trace.names.insert((address, kind), name);
        name
    }

    /// The name of the allocation that holds `address`, `NONE` for none.
    #[must_use]
    pub fn object(&self, address: Addr) -> ObjectId {
        self.mem.object_at(address).map_or(ObjectId::NONE, |object| object.id)
    }

    /// The name of a pointer-sized value that stands for something, such as a remove lock tag.
    pub fn tag(&mut self, value: Addr) -> ObjectId {
        if value.is_null() {
            return ObjectId::NONE;
        }
        match self.mem.object_at(value) {
            // An IRP may be gone when its tag is still in use.
            Some(object) if object.id.kind == ObjectKind::Irp && object.start == value => object.id,
            _ => self.name_of(value, ObjectKind::Tag),
        }
    }
}
