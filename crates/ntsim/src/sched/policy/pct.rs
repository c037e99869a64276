//! Probabilistic concurrency testing: random priorities, changed at a few random moments.
//!
//! A defect that needs `depth` ordering constraints is found in a run of `threads` threads and `steps` steps with a
//! probability of at least 1 / (threads * steps ^ (depth - 1)) (Burckhardt and others, ASPLOS 2010).

use std::collections::BTreeMap;

use super::{Moment, Point, Policy, SplitMix};
use crate::sched::ThreadId;

/// Priorities that threads begin with lie above this, those that they are lowered to below.
const BEGINNING: u64 = 1 << 63;

/// Runs the thread with the highest priority; lowers it at random moments.
#[derive(Clone, Debug)]
pub struct Pct {
    random: SplitMix,
    priorities: BTreeMap<ThreadId, u64>,
    /// The moments at which the thread that runs is lowered, the next one last.
    changes: Vec<u64>,
    moment: u64,
}

impl Pct {
    /// A policy for a life with about `steps` choices, which finds defects of this depth: that many orders between
    /// threads must come true for them.
    #[must_use]
    pub fn new(seed: u64, depth: u32, steps: u64) -> Self {
        let mut random = SplitMix::new(seed);
        let mut changes: Vec<u64> =
            (1..depth).map(|_| random.below(steps.max(1)).saturating_add(1)).collect();
        changes.sort_unstable_by(|one, other| other.cmp(one));
        Self { random, priorities: BTreeMap::new(), changes, moment: 0 }
    }

    fn priority(&mut self, thread: ThreadId) -> u64 {
        let random = &mut self.random;
        *self.priorities.entry(thread).or_insert_with(|| random.next() | BEGINNING)
    }
}

impl Policy for Pct {
    fn pick(&mut self, moment: &Moment<'_>) -> ThreadId {
        self.moment += 1;
        while self.changes.last().is_some_and(|change| *change <= self.moment) {
            self.changes.pop();
            // Lower than every one before.
            self.priorities.insert(moment.current, self.changes.len() as u64 + 1);
        }
        let yields = moment.point == Point::Yield;
        let mut best = (moment.current, None);
        for thread in moment.runnable {
            let priority = self.priority(*thread);
            let stands_back = yields && *thread == moment.current;
            if !stands_back && best.1.is_none_or(|highest| priority > highest) {
                best = (*thread, Some(priority));
            }
        }
        best.0
    }
}
