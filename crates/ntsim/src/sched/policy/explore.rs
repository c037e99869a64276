//! Every order of threads within a bound on preemptions, one life after the other.
//!
//! A life is one path through a tree of choices. [`Explorer`] keeps the path of the last life, goes back to the deepest
//! choice with something left to try, takes that, and lets the rest go its usual way. So no order is tried twice, and
//! when nothing is left, every order within the bounds was tried.

use std::{cell::RefCell, rc::Rc};

use super::{Moment, Policy, RoundRobin};
use crate::{campaign::Share, sched::ThreadId};

/// How far orders may be from the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How often a thread that could go on may be interrupted. None: as often as it can be.
    pub preemptions: Option<u32>,
    /// How often another thread than the next in turn may follow one that blocked or ended. None: always.
    pub turns: Option<u32>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { preemptions: Some(2), turns: None }
    }
}

/// One choice of the path.
#[derive(Clone, Debug)]
struct Node {
    /// Who could be taken, the usual one first.
    options: Vec<ThreadId>,
    /// Who was.
    taken: usize,
}

/// The tree of choices: what was tried, and what is next.
#[derive(Clone, Debug)]
pub struct Explorer {
    bounds: Bounds,
    share: Share,
    path: Vec<Node>,
    depth: usize,
    /// Whether the last choice is in the path.
    chose: bool,
    /// Preemptions and turns of this life so far.
    spent: (u32, u32),
    /// How many subtrees hang on the usual life that were met so far.
    subtrees: usize,
    lives: u64,
    /// What is left of this life was or will be tried elsewhere.
    redundant: bool,
    diverged: bool,
}

impl Explorer {
    /// Nothing was tried yet. With several shares, each tries the usual order and its part of the others.
    #[must_use]
    pub const fn new(bounds: Bounds, share: Share) -> Self {
        Self {
            bounds,
            share,
            path: Vec::new(),
            depth: 0,
            chose: false,
            spent: (0, 0),
            subtrees: 0,
            lives: 0,
            redundant: false,
            diverged: false,
        }
    }

    /// Prepares the next life. False: every order was tried.
    pub fn next_life(&mut self) -> bool {
        (self.depth, self.spent, self.redundant) = (0, (0, 0), false);
        if self.lives > 0 && !self.advance() {
            return false;
        }
        self.lives += 1;
        true
    }

    /// Goes back to the deepest choice with something left that belongs to this share.
    fn advance(&mut self) -> bool {
        loop {
            while self.path.last().is_some_and(|node| node.taken + 1 >= node.options.len()) {
                self.path.pop();
            }
            let Some((last, before)) = self.path.split_last_mut() else { return false };
            last.taken += 1;
            // The first departure from the usual order decides whose it is.
            let departs = before.iter().all(|node| node.taken == 0);
            if !departs {
                return true;
            }
            self.subtrees += 1;
            if self.share.has(self.subtrees - 1) {
                return true;
            }
        }
    }

    /// Lives begun.
    #[must_use]
    pub const fn lives(&self) -> u64 {
        self.lives
    }

    /// Whether a life did not come by the same choices as the one before: then it is not determined by them, and
    /// nothing can be said of what was tried.
    #[must_use]
    pub const fn has_diverged(&self) -> bool {
        self.diverged
    }

    /// Choices of the last life.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.path.len()
    }

    fn pick(&mut self, moment: &Moment<'_>) -> ThreadId {
        let usual = RoundRobin.pick(moment);
        self.chose = moment.racing;
        if !moment.racing {
            return usual;
        }
        if self.depth == self.path.len() {
            let node = self.node(moment, usual);
            self.path.push(node);
        }
        let Some(node) = self.path.get(self.depth) else { return usual };
        self.depth += 1;
        let taken = node.options.get(node.taken).copied().unwrap_or(usual);
        if !moment.runnable.contains(&taken) || node.options.first() != Some(&usual) {
            self.diverged = true;
            return usual;
        }
        if taken != usual {
            if moment.could_go_on() {
                self.spent.0 += 1;
            } else {
                self.spent.1 += 1;
            }
        }
        taken
    }

    /// The step that the last choice led to had no effect. If it was the usual one, whoever else could have run then can
    /// run now, to the same end; if not, what follows is what follows the other choices.
    fn stepped_idly(&mut self) {
        let last = self.depth.checked_sub(1).filter(|_| self.chose);
        let Some(node) = last.and_then(|last| self.path.get_mut(last)) else { return };
        if node.taken == 0 {
            node.options.truncate(1);
        } else {
            self.redundant = true;
        }
    }

    /// A choice that was not met before.
    fn node(&self, moment: &Moment<'_>, usual: ThreadId) -> Node {
        let (preemptions, turns) = self.spent;
        let below = |bound: Option<u32>, spent: u32| bound.is_none_or(|bound| spent < bound);
        let open = if self.redundant {
            false
        } else if moment.could_go_on() {
            !moment.private && below(self.bounds.preemptions, preemptions)
        } else {
            below(self.bounds.turns, turns)
        };
        let mut options = vec![usual];
        if open {
            options.extend(moment.runnable.iter().copied().filter(|thread| *thread != usual));
        }
        Node { options, taken: 0 }
    }
}

/// Makes the choices of an explorer that somebody else keeps.
#[derive(Clone, Debug)]
pub struct Steered(pub Rc<RefCell<Explorer>>);

impl Policy for Steered {
    fn pick(&mut self, moment: &Moment<'_>) -> ThreadId {
        self.0.borrow_mut().pick(moment)
    }

    fn stepped_idly(&mut self) {
        self.0.borrow_mut().stepped_idly();
    }
}
