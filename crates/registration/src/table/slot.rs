//! The place of one entry.

use super::Handle;

/// No slot.
pub(super) const NONE: u16 = u16::MAX;

/// What a handle stands for, and whose it is.
pub(super) struct Entry<O, T> {
    pub owner: O,
    pub object: T,
}

/// Memory for one entry of a [`HandleTable`](super::HandleTable).
pub struct Slot<O, T> {
    /// Which use of the slot the next or present entry is.
    generation: u32,
    /// The free slot after this one.
    next: u16,
    entry: Option<Entry<O, T>>,
}

impl<O, T> Slot<O, T> {
    /// Free, and in no table.
    pub const FREE: Self = Self { generation: Handle::FIRST_GENERATION, next: NONE, entry: None };

    pub(super) fn reset(&mut self, next: u16) {
        *self = Self { next, ..Self::FREE };
    }

    pub(super) const fn generation(&self) -> u32 {
        self.generation
    }

    pub(super) const fn set_next(&mut self, next: u16) {
        self.next = next;
    }

    /// Puts an entry in. Answers the free slot after this one.
    pub(super) fn fill(&mut self, entry: Entry<O, T>) -> u16 {
        self.entry = Some(entry);
        core::mem::replace(&mut self.next, NONE)
    }

    /// Takes the entry out. Values for it are stale from here on.
    pub(super) fn empty(&mut self) -> Option<Entry<O, T>> {
        let entry = self.entry.take()?;
        self.generation = Handle::next_generation(self.generation);
        self.next = NONE;
        Some(entry)
    }

    /// The entry, if it is this use of the slot.
    pub(super) fn entry(&self, generation: u32) -> Option<&Entry<O, T>> {
        self.entry.as_ref().filter(|_entry| self.generation == generation)
    }

    /// The entry.
    pub(super) const fn any_entry(&self) -> Option<&Entry<O, T>> {
        self.entry.as_ref()
    }
}
