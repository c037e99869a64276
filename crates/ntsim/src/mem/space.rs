//! Free space of an arena.

use super::{Addr, Object, view::Changed};

/// Free space of one arena, handed out upwards and not reused within a life.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) start: Addr,
    pub(super) next: Addr,
    pub(super) end: Addr,
    pub(super) objects: Vec<Object>,
    pub(super) changed: Changed,
}

impl Space {
    pub(super) fn new(start: Addr, end: Addr) -> Self {
        Self { start, next: start, end, objects: Vec::new(), changed: Changed::default() }
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

    pub(super) fn index_of(&self, address: Addr) -> Option<usize> {
        let after = self.objects.partition_point(|object| object.start <= address);
        after.checked_sub(1)
    }
}
