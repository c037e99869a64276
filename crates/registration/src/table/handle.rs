//! The number that user mode gets.

use core::num::NonZeroU32;

/// A handle that a table has given out: the place of its entry in the low [`INDEX_BITS`](Self::INDEX_BITS), and which
/// use of the place it is above.
///
/// Made by [`HandleTable::insert`](super::HandleTable::insert) only. What user mode sends back is a `u32`, until the
/// table has looked at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(NonZeroU32);

impl Handle {
    /// Bits that say where the entry is.
    pub const INDEX_BITS: u32 = 12;
    /// The first use of a place, and the one that follows the last.
    pub(super) const FIRST_GENERATION: u32 = 1;
    /// The last use of a place. The next one has the values of the first again: a value that was given back names
    /// another entry only after [`Handle::REUSE_DISTANCE`] more uses of its place, and even then only for the owner of
    /// that one.
    const LAST_GENERATION: u32 = u32::MAX >> Self::INDEX_BITS;

    /// The smallest value that a table gives out. An endpoint address is smaller.
    pub const MIN: u32 = Self::FIRST_GENERATION << Self::INDEX_BITS;

    /// How often the same place must be used until a value comes again. Places are used in turn, so that one who
    /// wants to see it must give out and take back this many handles for each place that is free.
    ///
    /// A place is not retired when its uses are exhausted: a program could then use up the table for every other one.
    pub const REUSE_DISTANCE: u32 = Self::LAST_GENERATION;

    pub(super) const fn new(index: u16, generation: u32) -> Self {
        // The generation is at least one, so that this is not zero.
        let value = (generation << Self::INDEX_BITS) | index as u32;
        match NonZeroU32::new(value) {
            Some(value) => Self(value),
            None => Self(NonZeroU32::MAX),
        }
    }

    /// The number to send to user mode.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0.get()
    }

    /// Where the entry of a value would be, and which use of the place it names. `None`: no table gives it out.
    pub(super) fn parts(value: u32) -> Option<(u16, u32)> {
        let generation = value >> Self::INDEX_BITS;
        let index = u16::try_from(value & ((1 << Self::INDEX_BITS) - 1)).ok()?;
        (generation >= Self::FIRST_GENERATION).then_some((index, generation))
    }

    /// The use of a place after this one.
    pub(super) const fn next_generation(generation: u32) -> u32 {
        if generation >= Self::LAST_GENERATION {
            Self::FIRST_GENERATION
        } else {
            generation.saturating_add(1)
        }
    }
}
