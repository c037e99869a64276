//! Free space of an arena.

use std::cell::Cell;

use super::{Addr, Object, PAGE_SIZE, view::Changed};

const HINTS: usize = 32;

/// Free space of one arena, handed out upwards and not reused within a life.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) start: Addr,
    pub(super) next: Addr,
    pub(super) end: Addr,
    pub(super) objects: Vec<Object>,
    pub(super) changed: Changed,
    /// Where objects were found, by the number of their page: the same few are asked for again and again.
    found: [Cell<usize>; HINTS],
}

impl Space {
    pub(super) fn new(start: Addr, end: Addr) -> Self {
        Self {
            start,
            next: start,
            end,
            objects: Vec::new(),
            changed: Changed::default(),
            found: Default::default(),
        }
    }

    /// How many bytes of it were handed out.
    pub(super) const fn used(&self) -> u64 {
        self.next.0 - self.start.0
    }

    /// Everything is free again.
    pub(super) fn forget(&mut self) {
        self.next = self.start;
        self.objects.clear();
        self.changed.clear();
    }

    /// The last object that starts at `address` or below.
    pub(super) fn index_of(&self, address: Addr) -> Option<usize> {
        // CAST: the remainder is small.
        let hint = self.found.get((address.0 / PAGE_SIZE) as usize % HINTS)?;
        let index = hint.get();
        let starts_by = |index: usize| self.objects.get(index).is_some_and(|object| object.start <= address);
        if starts_by(index) && !starts_by(index + 1) {
            return Some(index);
        }
        let index = self.objects.partition_point(|object| object.start <= address).checked_sub(1)?;
        hint.set(index);
        Some(index)
    }
}
