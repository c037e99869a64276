//! Who may send on a pipe while a larger request goes in chunks.
//!
//! Nothing may come between the chunks, so others wait until the last one is on its way. Whoever sends that holds no
//! lock then, and takes none unless somebody waits: a word for each endpoint says whether.
//!
//! | from | event | to |
//! |---|---|---|
//! | free | [`Turns::take`] | taken |
//! | taken, awaited | [`Turns::must_wait`] | awaited |
//! | taken, awaited | [`Turns::pass_on`], [`Turns::end`] | free |
//!
//! All but [`Turns::pass_on`] are called under the device's lock. Who must wait is in the queue before that lock is
//! released, so whoever passes the turn on and takes the lock then finds it there.

use core::sync::atomic::{AtomicU8, Ordering};

use crate::endpoint_set::{ADDRESSES, number};

const FREE: u8 = 0;
const TAKEN: u8 = 1;
const AWAITED: u8 = 2;

/// One word for each endpoint that a device can have.
#[derive(Debug)]
pub struct Turns([AtomicU8; ADDRESSES]);

impl Turns {
    /// Every pipe is free.
    #[must_use]
    pub const fn new() -> Self {
        Self([const { AtomicU8::new(FREE) }; ADDRESSES])
    }

    /// The word of a `bEndpointAddress`. `None` never happens.
    fn of(&self, endpoint: u8) -> Option<&AtomicU8> {
        self.0.get(usize::from(number(endpoint)))
    }

    /// A larger request takes a free pipe.
    pub fn take(&self, endpoint: u8) {
        if let Some(turn) = self.of(endpoint) {
            turn.store(TAKEN, Ordering::Release);
        }
    }

    /// Whether a request must wait for the pipe; it is told of by [`Self::pass_on`] then.
    #[must_use = "who must wait goes into the queue"]
    pub fn must_wait(&self, endpoint: u8) -> bool {
        let Some(turn) = self.of(endpoint) else { return false };
        if turn.load(Ordering::Acquire) == FREE {
            return false;
        }
        match turn.compare_exchange(TAKEN, AWAITED, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(found) => found == AWAITED,
        }
    }

    /// The last chunk is on its way. Answers whether somebody waits.
    #[must_use = "who waits must be sent"]
    pub fn pass_on(&self, endpoint: u8) -> bool {
        self.of(endpoint).is_some_and(|turn| turn.swap(FREE, Ordering::AcqRel) == AWAITED)
    }

    /// The larger request is over, whether its last chunk was sent or not.
    pub fn end(&self, endpoint: u8) {
        if let Some(turn) = self.of(endpoint) {
            turn.store(FREE, Ordering::Release);
        }
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::new()
    }
}
