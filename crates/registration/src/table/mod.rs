//! The registry of handles that a driver hands to user mode.
//!
//! A [`HandleTable`] is bounded, and each entry belongs to an owner: one open file. A handle is a number that the table
//! made up: where the entry is, and which use of that place it is. Whoever sends a number gets the entry only if the
//! number was given out, to this owner, and not given back since; everything else is a [`Refusal`].
//!
//! Removing an entry takes it out of the table and hands it to the caller: as with
//! [`WPUCloseSocketHandle`](https://learn.microsoft.com/windows/win32/api/ws2spi/nf-ws2spi-wpuclosesockethandle), what hangs
//! on it is its owner's to release.
//!
//! The table has no lock and no atomics: it is the content of somebody's lock.

mod handle;
mod refusal;
mod slot;

use core::{fmt, marker::PhantomData};

use self::slot::{Entry, NONE};
pub use self::{handle::Handle, refusal::Refusal, slot::Slot};

/// Handles of one device: `T` is what a handle stands for, `O` names its owner, and `S` is the memory for the entries,
/// whose length is the capacity.
pub struct HandleTable<O, T, S> {
    slots: S,
    /// The free slots, as a queue: the one that was freed first is used first.
    first_free: u16,
    last_free: u16,
    count: usize,
    entries: PhantomData<(O, T)>,
}

impl<O, T, S> HandleTable<O, T, S> {
    /// The most entries that a table can have. Memory for more stays unused.
    pub const MAX_CAPACITY: usize = 1 << Handle::INDEX_BITS;

    /// A table without room, until [`HandleTable::furnish`] gives it some. `slots` must be empty.
    pub const fn without_room(slots: S) -> Self {
        Self { slots, first_free: NONE, last_free: NONE, count: 0, entries: PhantomData }
    }

    /// How many handles are valid.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }
}

impl<O, T, S> HandleTable<O, T, S>
where
    O: Copy + PartialEq,
    S: AsRef<[Slot<O, T>]> + AsMut<[Slot<O, T>]>,
{
    /// An empty table with room for as many entries as there are slots.
    pub fn new(mut slots: S) -> Self {
        let (mut first_free, mut last_free) = (NONE, NONE);
        let all = slots.as_mut();
        let length = all.len().min(Self::MAX_CAPACITY);
        for (index, slot) in (0_u16..).zip(all.iter_mut().take(length)) {
            let next = index.saturating_add(1);
            slot.reset(if usize::from(next) < length { next } else { NONE });
            last_free = index;
        }
        if last_free != NONE {
            first_free = 0;
        }
        Self { slots, first_free, last_free, count: 0, entries: PhantomData }
    }

    /// Gives a table without room its slots.
    ///
    /// # Errors
    ///
    /// Gives the slots back: it has room already.
    pub fn furnish(&mut self, slots: S) -> Result<(), S> {
        if self.capacity() != 0 {
            return Err(slots);
        }
        *self = Self::new(slots);
        Ok(())
    }

    /// How many handles can be valid at a time.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slots.as_ref().len().min(Self::MAX_CAPACITY)
    }

    /// Gives out a handle that stands for `object` when `owner` sends it.
    ///
    /// # Errors
    ///
    /// Gives the object back: the table is full.
    pub fn insert(&mut self, owner: O, object: T) -> Result<Handle, T> {
        let index = self.first_free;
        let Some(slot) = self.slots.as_mut().get_mut(usize::from(index)) else { return Err(object) };
        self.first_free = slot.fill(Entry { owner, object });
        if self.first_free == NONE {
            self.last_free = NONE;
        }
        self.count = self.count.saturating_add(1);
        Ok(Handle::new(index, slot.generation()))
    }

    /// What `value` stands for when `owner` sends it.
    ///
    /// # Errors
    ///
    /// Every [`Refusal`] but [`Refusal::WrongKind`].
    pub fn get(&self, owner: O, value: u32) -> Result<&T, Refusal> {
        let (index, generation) = Handle::parts(value).ok_or(Refusal::NoHandle)?;
        let slot = self.slots.as_ref().get(usize::from(index)).ok_or(Refusal::NoHandle)?;
        let entry = slot.entry(generation).ok_or(Refusal::NotValid)?;
        if entry.owner == owner { Ok(&entry.object) } else { Err(Refusal::Foreign) }
    }

    /// What `value` stands for when `owner` sends it, if it is of the kind that `kind` picks.
    ///
    /// # Errors
    ///
    /// As [`HandleTable::get`]; [`Refusal::WrongKind`]: `kind` answered `None`.
    pub fn find<'t, K>(
        &'t self,
        owner: O,
        value: u32,
        kind: impl FnOnce(&'t T) -> Option<K>,
    ) -> Result<K, Refusal> {
        kind(self.get(owner, value)?).ok_or(Refusal::WrongKind)
    }

    /// Every entry: its owner, and what it stands for.
    pub fn entries(&self) -> impl Iterator<Item = (&O, &T)> {
        let entries = self.slots.as_ref().iter().filter_map(Slot::any_entry);
        entries.map(|entry| (&entry.owner, &entry.object))
    }

    /// Takes a handle back. From here on it is stale, and what it stood for is the caller's to release.
    ///
    /// # Errors
    ///
    /// As [`HandleTable::get`]. Nothing is removed then.
    pub fn remove(&mut self, owner: O, value: u32) -> Result<T, Refusal> {
        self.get(owner, value)?;
        let (index, _generation) = Handle::parts(value).ok_or(Refusal::NoHandle)?;
        self.empty(index).ok_or(Refusal::NotValid)
    }

    /// Takes back every handle of `owner` and of nobody else; `released` gets what they stood for. Answers how many
    /// there were.
    pub fn remove_all_of(&mut self, owner: O, mut released: impl FnMut(T)) -> usize {
        self.remove_where(|other, _object| *other == owner, |_owner, object| released(object))
    }

    /// Takes back every handle that `wanted` accepts; `released` gets its owner and what it stood for. Answers how many
    /// there were.
    pub fn remove_where(
        &mut self,
        mut wanted: impl FnMut(&O, &T) -> bool,
        mut released: impl FnMut(O, T),
    ) -> usize {
        let before = self.count;
        for index in 0..self.slots.as_ref().len() {
            let Ok(index) = u16::try_from(index) else { break };
            let slot = self.slots.as_ref().get(usize::from(index));
            let is_wanted = slot.and_then(Slot::any_entry).is_some_and(|e| wanted(&e.owner, &e.object));
            if !is_wanted {
                continue;
            }
            if let Some(entry) = self.empty_entry(index) {
                released(entry.owner, entry.object);
            }
        }
        before.saturating_sub(self.count)
    }

    fn empty(&mut self, index: u16) -> Option<T> {
        self.empty_entry(index).map(|entry| entry.object)
    }

    /// Takes an entry out, and puts its slot to the end of the free ones.
    fn empty_entry(&mut self, index: u16) -> Option<Entry<O, T>> {
        let slots = self.slots.as_mut();
        let entry = slots.get_mut(usize::from(index))?.empty()?;
        match slots.get_mut(usize::from(self.last_free)) {
            Some(last) => last.set_next(index),
            None => self.first_free = index,
        }
        self.last_free = index;
        self.count = self.count.saturating_sub(1);
        Some(entry)
    }
}

impl<O, T, S> fmt::Debug for HandleTable<O, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandleTable").field("count", &self.count).finish_non_exhaustive()
    }
}
