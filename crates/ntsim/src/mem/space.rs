//! Free space of an arena.

use super::{Addr, Object};

/// Free space of one arena, handed out upwards and not reused within a life.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) start: Addr,
    pub(super) next: Addr,
    pub(super) end: Addr,
    pub(super) objects: Vec<Object>,
}

impl Space {
    pub(super) const fn new(start: Addr, end: Addr) -> Self {
        Self { start, next: start, end, objects: Vec::new() }
    }

    pub(super) fn index_of(&self, address: Addr) -> Option<usize> {
        let after = self.objects.partition_point(|object| object.start <= address);
        after.checked_sub(1)
    }
}
