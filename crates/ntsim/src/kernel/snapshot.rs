//! Where each thread is in the driver, and copies of a driver stack at events that somebody watches.

use std::collections::{BTreeMap, BTreeSet};

use super::{Kernel, export::Args};
use crate::{mem::Addr, sched::ThreadId};

/// A place in the driver from which its call stack can be unwound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The instruction: the return address of a kernel call, or what trapped.
    pub instruction: Addr,
    /// The stack pointer there.
    pub stack: Addr,
    /// The frame pointer there.
    pub frame: Addr,
}

/// A driver stack at one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Where the thread left the driver, the innermost place first. Between two of them is a kernel routine that
    /// called the driver back.
    pub places: Vec<Place>,
    /// The lowest address that was copied.
    pub start: Addr,
    /// The bytes from there to the stack's end.
    pub bytes: Vec<u8>,
}

/// The kernel calls that have not returned, and what is watched.
#[derive(Debug, Default)]
pub struct Snapshots {
    /// For each thread the calls that it is in, by argument list and return address.
    calls: Vec<Vec<Args>>,
    trapped: Option<Place>,
    watched: BTreeSet<u64>,
    taken: BTreeMap<u64, Snapshot>,
}

impl Snapshots {
    /// Watches for these events, by number, in the lives that follow. Nothing stops watching.
    pub fn watch(&mut self, events: BTreeSet<u64>) {
        self.watched = events;
    }

    /// The stacks at the watched events of this life. An event of a thread that was not in the driver has none.
    #[must_use]
    pub const fn taken(&self) -> &BTreeMap<u64, Snapshot> {
        &self.taken
    }

    /// Forgets a life. What is watched stays.
    pub(super) fn reset(&mut self) {
        self.calls.iter_mut().for_each(Vec::clear);
        self.trapped = None;
        self.taken.clear();
    }

    /// A thread enters a kernel routine.
    pub(super) fn enter(&mut self, thread: ThreadId, args: Args) {
        let index = index(thread);
        if self.calls.len() <= index {
            self.calls.resize_with(index + 1, Vec::new);
        }
        if let Some(calls) = self.calls.get_mut(index) {
            calls.push(args);
        }
    }

    /// A thread leaves the kernel routine that it entered last.
    pub(super) fn leave(&mut self, thread: ThreadId) {
        if let Some(calls) = self.calls.get_mut(index(thread)) {
            calls.pop();
        }
    }

    /// The kernel call that a thread is in and entered last.
    pub(super) fn innermost(&self, thread: ThreadId) -> Option<Args> {
        self.calls.get(index(thread))?.last().copied()
    }

    /// The driver trapped here: what is recorded from now on happened there.
    pub const fn trapped(&mut self, place: Place) {
        self.trapped = Some(place);
    }

    /// Whether the stack at an event is wanted.
    pub(super) fn watches(&self, event: u64) -> bool {
        self.watched.contains(&event)
    }
}

const fn index(thread: ThreadId) -> usize {
    thread.0 as usize
}

impl Kernel {
    /// Copies the stack of the thread that runs.
    pub(super) fn take_snapshot(&mut self, event: u64) {
        let calls = self.snapshots.calls.get(index(self.sched.current()));
        let calls = calls.into_iter().flatten().rev().map(|args| self.place_of(*args));
        let places: Vec<Place> = self.snapshots.trapped.into_iter().chain(calls).collect();
        let Some(start) = places.iter().map(|place| place.stack).min() else { return };
        let length = self.mem.rest_of_stack(start);
        let bytes = self.mem.bytes(start, length).map_or_else(|_| Vec::new(), <[u8]>::to_vec);
        self.snapshots.taken.insert(event, Snapshot { places, start, bytes });
    }

    /// The driver where a call of it returns to. The thunk keeps the frame pointer two slots below the arguments.
    pub(super) fn place_of(&self, args: Args) -> Place {
        let frame = self.mem.read(Addr(args.base.0.wrapping_sub(16))).map_or(Addr::NULL, Addr);
        Place { instruction: args.site, stack: args.base, frame }
    }
}
