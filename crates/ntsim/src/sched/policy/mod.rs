//! Who runs next: the one choice that a life depends on besides its script.

mod explore;
mod pct;
mod random;
mod replay;

use super::ThreadId;

pub use explore::{Bounds, Explorer, Steered};
pub use pct::Pct;
pub use random::{Random, SplitMix};
pub use replay::Replay;

/// Where a choice is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A thread is about to enter a kernel routine.
    KernelCall,
    /// A thread is about to execute an atomic instruction of the driver's.
    Atomic,
    /// A thread of the simulator lets others go first, or one of the driver's spins.
    Yield,
    /// A thread blocked or ended.
    Blocked,
}

/// A choice that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Where it is made.
    pub point: Point,
    /// The thread that ran last. It is in `runnable` unless it blocked or ended.
    pub current: ThreadId,
    /// The threads that can run, sorted: two at least.
    pub runnable: &'a [ThreadId],
    /// Whether a script's race is under way.
    pub racing: bool,
    /// Whether what the thread that ran last is about to do is seen by no other thread, whenever it is done: such a
    /// kernel call may as well come before a switch as after it.
    pub private: bool,
}

impl Moment<'_> {
    /// Whether the thread that ran last would go on if nobody chose: taking another one is a preemption.
    #[must_use]
    pub fn could_go_on(&self) -> bool {
        matches!(self.point, Point::KernelCall | Point::Atomic) && self.runnable.contains(&self.current)
    }
}

/// Chooses among threads that can run.
pub trait Policy {
    /// The thread that runs from this moment on: one of those that can.
    fn pick(&mut self, moment: &Moment<'_>) -> ThreadId;

    /// The thread that was taken last was woken, looked, and waits for the same again: nobody can notice that, so it might
    /// have been taken at any other time.
    fn stepped_idly(&mut self) {}
}

/// Lets a thread run until it blocks, then takes the next one in turn.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundRobin;

impl Policy for RoundRobin {
    fn pick(&mut self, moment: &Moment<'_>) -> ThreadId {
        if moment.could_go_on() {
            return moment.current;
        }
        let after = moment.runnable.iter().find(|thread| **thread > moment.current);
        after.or_else(|| moment.runnable.first()).copied().unwrap_or(moment.current)
    }
}

#[cfg(test)]
mod tests;
