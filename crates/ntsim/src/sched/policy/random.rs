//! Choices at random, from a seed.

use super::{Moment, Policy, RoundRobin};
use crate::sched::ThreadId;

/// Switches at random points, from a seed.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    random: SplitMix,
}

impl Random {
    /// A policy that makes the same choices for the same seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { random: SplitMix::new(seed) }
    }
}

impl Policy for Random {
    fn pick(&mut self, moment: &Moment<'_>) -> ThreadId {
        if moment.could_go_on() && self.random.below(4) != 0 {
            return moment.current;
        }
        let index = self.random.below(moment.runnable.len() as u64);
        let picked = moment.runnable.get(usize::try_from(index).unwrap_or(0)).copied();
        picked.unwrap_or_else(|| RoundRobin.pick(moment))
    }
}

/// A small generator of pseudo-random numbers: one multiplication chain, the same on every host.
#[derive(Clone, Copy, Debug)]
pub struct SplitMix(u64);

impl SplitMix {
    /// Starts from a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not zero.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
