//! Who runs next: the one choice that a life depends on besides its script.

use super::ThreadId;

/// Where a choice is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A thread is about to enter a kernel routine.
    KernelCall,
    /// A thread of the simulator lets others go first.
    Yield,
    /// A thread blocked or ended.
    Blocked,
}

/// Chooses among threads that can run.
pub trait Policy {
    /// The thread that runs from `point` on. `runnable` is sorted and has two members at least; `current` is
    /// the one that ran last, and is in it unless it blocked.
    fn pick(&mut self, point: Point, current: ThreadId, runnable: &[ThreadId]) -> ThreadId;
}

/// Lets a thread run until it blocks, then takes the next one in turn.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundRobin;

impl Policy for RoundRobin {
    fn pick(&mut self, point: Point, current: ThreadId, runnable: &[ThreadId]) -> ThreadId {
        if point == Point::KernelCall && runnable.contains(&current) {
            return current;
        }
        let after = runnable.iter().find(|thread| **thread > current);
        after.or_else(|| runnable.first()).copied().unwrap_or(current)
    }
}

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
    fn pick(&mut self, point: Point, current: ThreadId, runnable: &[ThreadId]) -> ThreadId {
        let stays = point == Point::KernelCall && runnable.contains(&current);
        if stays && self.random.below(4) != 0 {
            return current;
        }
        let index = self.random.below(runnable.len() as u64);
        runnable.get(usize::try_from(index).unwrap_or(0)).copied().unwrap_or(current)
    }
}

/// Repeats saved choices, then goes on in turn.
#[derive(Clone, Debug)]
pub struct Replay {
    choices: std::vec::IntoIter<ThreadId>,
    after: RoundRobin,
}

impl Replay {
    /// A policy that makes these choices.
    #[must_use]
    pub fn new(choices: Vec<ThreadId>) -> Self {
        Self { choices: choices.into_iter(), after: RoundRobin }
    }
}

impl Policy for Replay {
    fn pick(&mut self, point: Point, current: ThreadId, runnable: &[ThreadId]) -> ThreadId {
        match self.choices.next() {
            Some(thread) if runnable.contains(&thread) => thread,
            _ => self.after.pick(point, current, runnable),
        }
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
