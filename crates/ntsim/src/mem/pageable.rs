//! Memory that may be paged out: paged pool, and the pageable sections of the image.
//!
//! While it is unreachable, the driver's view of it is closed, and the simulator's routines are refused it, too: see
//! *Force IRQL Checking* of Driver Verifier. Without such memory nothing of this costs anything.

use std::io;

use super::{Addr, Arena, Mem, Protection, Space, State};

/// A pageable part of the image.
#[derive(Clone, Debug)]
pub struct PageableSection {
    /// Its name, for instance `PAGE`.
    pub name: String,
    /// Where it begins.
    pub start: Addr,
    /// Its size in bytes, whole pages.
    pub length: u64,
    /// What the driver may do with it when it is reachable.
    pub protection: Protection,
}

impl PageableSection {
    const fn contains(&self, address: Addr) -> bool {
        address.0 >= self.start.0 && address.0 - self.start.0 < self.length
    }
}

/// What may be paged out, and whether it can be reached.
#[derive(Debug, Default)]
pub(super) struct Pageable {
    /// Indices of pool objects; some of them may have been freed.
    objects: Vec<usize>,
    sections: Vec<PageableSection>,
    /// The running thread's `IRQL` does not allow page faults.
    forbidden: bool,
    /// Page faults hang, whatever the `IRQL`.
    stopped: bool,
    /// What the driver's view shows.
    closed: bool,
}

impl Pageable {
    /// Forgets the objects of a life. The image stays.
    pub(super) fn forget(&mut self) {
        self.objects.clear();
        (self.forbidden, self.stopped) = (false, false);
    }

    pub(super) const fn unreachable(&self) -> bool {
        self.forbidden || self.stopped
    }

    const fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.sections.is_empty()
    }

    pub(super) const fn is_settled(&self) -> bool {
        self.closed == self.unreachable() || self.is_empty()
    }

    /// Brings the view of the image up to date, and has the pool objects looked at.
    pub(super) fn settle(&mut self, pool: &mut Space, kernel: &mut Arena) -> io::Result<()> {
        if self.is_settled() {
            return Ok(());
        }
        self.closed = self.unreachable();
        for section in &self.sections {
            let how = if self.closed { Protection::None } else { section.protection };
            kernel.protect(section.start, section.length, how)?;
        }
        let objects = &pool.objects;
        let live = |index: usize| objects.get(index).is_some_and(|object| object.state != State::Freed);
        self.objects.retain(|index| live(*index));
        for index in &self.objects {
            pool.changed.push(*index);
        }
        Ok(())
    }
}

impl Mem {
    /// The object that starts at `address` is in paged pool.
    pub fn set_pageable(&mut self, address: Addr) {
        let Some(index) = self.pool.index_of(address) else { return };
        if let Some(object) = self.pool.objects.get_mut(index) {
            object.pageable = true;
            self.pageable.objects.push(index);
            self.pool.changed.push(index);
        }
    }

    /// These parts of the image may be paged out.
    pub fn set_pageable_sections(&mut self, sections: Vec<PageableSection>) {
        self.pageable.sections = sections;
    }

    /// Whether the running thread's level allows it to reach pageable memory: below `DISPATCH_LEVEL`. Takes effect for the
    /// simulator at once, for the driver when the view is [settled](Self::settle).
    pub const fn set_pageable_reachable(&mut self, reachable: bool) {
        self.pageable.forbidden = !reachable;
    }

    /// From now on no page can be brought in, whatever the level, as while the disk may be asleep; or it can again.
    pub const fn stop_paging(&mut self, stopped: bool) {
        self.pageable.stopped = stopped;
    }

    /// The pageable section of the image that holds `address`.
    #[must_use]
    pub fn pageable_section(&self, address: Addr) -> Option<&PageableSection> {
        self.pageable.sections.iter().find(|section| section.contains(address))
    }

    /// Whether `address` is in memory that may be paged out and cannot be reached now.
    #[must_use]
    pub fn is_paged_out(&self, address: Addr) -> bool {
        let object = || self.object_at(address).is_some_and(|object| object.pageable);
        self.pageable.unreachable()
            && !self.pageable.is_empty()
            && (self.pageable_section(address).is_some() || object())
    }
}
