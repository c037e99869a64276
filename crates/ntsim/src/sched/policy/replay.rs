//! Choices that were made before.

use super::{Moment, Policy, RoundRobin};
use crate::sched::ThreadId;

/// Repeats saved choices, then goes on in turn.
#[derive(Clone, Debug)]
pub struct Replay {
    choices: std::vec::IntoIter<ThreadId>,
}

impl Replay {
    /// A policy that makes these choices.
    #[must_use]
    pub fn new(choices: Vec<ThreadId>) -> Self {
        Self { choices: choices.into_iter() }
    }
}

impl Policy for Replay {
    fn pick(&mut self, moment: &Moment<'_>) -> ThreadId {
        match self.choices.next() {
            Some(thread) if moment.runnable.contains(&thread) => thread,
            _ => RoundRobin.pick(moment),
        }
    }
}
