//! Threads, processors and simulated time.
//!
//! A thread is a stack of frames: an async task of the simulator at the bottom, driver code that it called,
//! async kernel routines that the driver called, and so on. One thread runs at a time. At `DISPATCH_LEVEL`
//! and above a thread owns its processor; threads below run on any processor that nobody owns.

mod executor;
pub mod policy;
mod private;
mod task;

use std::{cmp::Reverse, collections::BinaryHeap, fmt, future::Future, pin::Pin};

pub use executor::Executor;
pub use policy::{Moment, Pct, Point, Policy, Random, Replay, RoundRobin, SplitMix};
pub use task::Cpu;

use serde::{Deserialize, Serialize};

use crate::{cpu::Call, kernel::Kernel, stop::Stop};

/// `PASSIVE_LEVEL`
pub const PASSIVE_LEVEL: u8 = 0;
/// `APC_LEVEL`
pub const APC_LEVEL: u8 = 1;
/// `DISPATCH_LEVEL`
pub const DISPATCH_LEVEL: u8 = 2;

/// The processor of a thread that has not run yet.
const NOWHERE: u8 = u8::MAX;

/// Simulated time in units of 100 ns.
pub type Time = u64;

/// Names a thread. Numbers start at 1 and are not reused within a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ThreadId(pub u32);

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread#{}", self.0)
    }
}

/// A task of the simulator.
pub type Task = Pin<Box<dyn Future<Output = Result<(), Stop>>>>;

/// What a thread is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It can run.
    Ready,
    /// It waits; the text says for what, should nobody ever wake it.
    Blocked(String),
}

/// One thread, as the kernel sees it.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Its name.
    pub id: ThreadId,
    /// What it is for, in words.
    pub role: &'static str,
    /// Its `IRQL`.
    pub irql: u8,
    /// The processor it runs on, or ran on last.
    pub processor: u8,
    /// Whether it can run.
    pub state: State,
    /// Idle service threads may wait for ever without being a deadlock.
    pub daemon: bool,
    hold: Option<Hold>,
    wanted: Option<Call>,
    answer: Option<u64>,
    woken: Option<u64>,
    /// What it waited for when it was woken last.
    waited_for: Option<String>,
    /// It asked to end where it stands.
    exits: bool,
}

/// Where a thread stops until nobody else can run.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Hold {
    /// On entry of the kernel routine with this name, after this many calls of it.
    At { routine: String, calls: u32 },
    /// It stands there, or has not begun; the lower number came first.
    Held(u64),
}

enum Action {
    Wake(ThreadId, u64),
    Run(Box<dyn FnOnce(&mut Kernel)>),
}

struct Timer {
    due: Time,
    sequence: u64,
    action: Action,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        (self.due, self.sequence) == (other.due, other.sequence)
    }
}
impl Eq for Timer {}
impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.sequence).cmp(&(other.due, other.sequence))
    }
}

/// A future made once its thread is known.
type Starter = Box<dyn FnOnce(Cpu) -> Task>;

/// The part of the scheduler that kernel routines see.
pub struct Sched {
    /// Simulated time since the start.
    pub now: Time,
    threads: Vec<Thread>,
    current: ThreadId,
    spawned: Vec<(ThreadId, Starter)>,
    timers: BinaryHeap<Reverse<Timer>>,
    sequence: u64,
    processors: u8,
    next_thread: u32,
    races: u32,
    /// How often a thread was made or woken, or a timer set or taken back.
    effects: u64,
}

impl fmt::Debug for Sched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sched")
            .field("now", &self.now)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl Sched {
    /// A scheduler for a machine with this many processors.
    #[must_use]
    pub fn new(processors: u8) -> Self {
        Self {
            now: 0,
            threads: Vec::new(),
            current: ThreadId(0),
            spawned: Vec::new(),
            timers: BinaryHeap::new(),
            sequence: 0,
            processors,
            next_thread: 1,
            races: 0,
            effects: 0,
        }
    }

    /// How many processors there are.
    #[must_use]
    pub const fn processors(&self) -> u8 {
        self.processors
    }

    /// Makes a thread that runs a task, at the given `IRQL`.
    pub fn spawn<F, T>(&mut self, role: &'static str, irql: u8, task: F) -> ThreadId
    where
        F: FnOnce(Cpu) -> T + 'static,
        T: Future<Output = Result<(), Stop>> + 'static,
    {
        self.spawn_boxed(role, irql, Box::new(move |cpu| Box::pin(task(cpu))))
    }

    /// As [`Self::spawn`], for a task that is boxed already.
    pub fn spawn_boxed(&mut self, role: &'static str, irql: u8, start: Starter) -> ThreadId {
        let id = ThreadId(self.next_thread);
        self.next_thread += 1;
        self.effects += 1;
        self.threads.push(Thread {
            id,
            role,
            irql,
            processor: NOWHERE,
            state: State::Ready,
            daemon: false,
            hold: None,
            wanted: None,
            answer: None,
            woken: None,
            waited_for: None,
            exits: false,
        });
        self.spawned.push((id, start));
        id
    }

    /// The thread that runs.
    #[must_use]
    pub const fn current(&self) -> ThreadId {
        self.current
    }

    /// A thread that has not ended.
    #[must_use]
    pub fn thread(&self, id: ThreadId) -> Option<&Thread> {
        let index = self.threads.binary_search_by_key(&id, |thread| thread.id).ok()?;
        self.threads.get(index)
    }

    /// A thread that has not ended, for changing it.
    pub fn thread_mut(&mut self, id: ThreadId) -> Option<&mut Thread> {
        let index = self.threads.binary_search_by_key(&id, |thread| thread.id).ok()?;
        self.threads.get_mut(index)
    }

    /// All threads that have not ended.
    #[must_use]
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// `IRQL` of the thread that runs.
    #[must_use]
    pub fn irql(&self) -> u8 {
        self.thread(self.current).map_or(PASSIVE_LEVEL, |thread| thread.irql)
    }

    /// The processor of the thread that runs.
    #[must_use]
    pub fn processor(&self) -> u8 {
        self.thread(self.current).map_or(0, |thread| thread.processor)
    }

    /// Sets the `IRQL` of the thread that runs; gives back what it was.
    pub fn set_irql(&mut self, irql: u8) -> u8 {
        let current = self.current;
        self.thread_mut(current).map_or(irql, |thread| std::mem::replace(&mut thread.irql, irql))
    }

    /// Whether a thread waits again for what it waited for before it was woken last.
    fn waits_again(&self, id: ThreadId) -> bool {
        let Some(thread) = self.thread(id) else { return false };
        matches!((&thread.state, &thread.waited_for), (State::Blocked(now), Some(before)) if now == before)
    }

    /// A race of a script begins, or ends.
    pub const fn race(&mut self, begins: bool) {
        self.races = if begins { self.races + 1 } else { self.races.saturating_sub(1) };
    }

    /// Whether a race of a script is under way.
    #[must_use]
    pub const fn is_racing(&self) -> bool {
        self.races > 0
    }

    /// Wakes a thread that waits in [`Cpu::block`], which gives it `value`.
    pub fn wake(&mut self, id: ThreadId, value: u64) {
        let Some(thread) = self.thread_mut(id) else { return };
        if let State::Blocked(what) = std::mem::replace(&mut thread.state, State::Ready) {
            thread.waited_for = Some(what);
            thread.woken = Some(value);
            self.effects += 1;
        }
    }

    /// Makes a thread stop on entry of its call number `nth` (from 1) of a kernel routine (`*`: of any), until no
    /// other can run. Schedules that have a name are made of this. Of several that are held, the first goes on first, and
    /// none before all are where they are to be held.
    pub fn hold(&mut self, id: ThreadId, routine: &str, nth: u32) {
        if let Some(thread) = self.thread_mut(id) {
            thread.hold = Some(Hold::At { routine: routine.into(), calls: nth });
        }
    }

    /// Makes a thread that has not begun wait until no other can run.
    pub fn hold_back(&mut self, id: ThreadId) {
        self.sequence += 1;
        let number = self.sequence;
        if let Some(thread) = self.thread_mut(id) {
            thread.hold = Some(Hold::Held(number));
        }
    }

    /// The thread that runs has had another one started to go on with its work: where it is to be held, that one is.
    pub fn pass_hold(&mut self, to: ThreadId) {
        let current = self.current;
        let Some(thread) = self.thread_mut(current) else { return };
        let Some(hold) = thread.hold.take_if(|hold| matches!(hold, Hold::At { .. })) else { return };
        if let Some(thread) = self.thread_mut(to) {
            thread.hold = Some(hold);
        }
    }

    /// A thread is about to enter a kernel routine.
    fn about_to_call(&mut self, id: ThreadId, name: &str) {
        let Some(thread) = self.thread_mut(id) else { return };
        let Some(Hold::At { routine, calls }) = &mut thread.hold else { return };
        if routine == name || routine == "*" {
            *calls = calls.saturating_sub(1);
            if *calls == 0 {
                self.hold_back(id);
            }
        }
    }

    /// Whether a thread is still on its way to where it is to be held: time goes on for it.
    fn expects_hold(&self) -> bool {
        self.threads.iter().any(|thread| matches!(thread.hold, Some(Hold::At { .. })))
    }

    /// Lets the thread go that has been held longest. False when there is none.
    fn release_held(&mut self) -> bool {
        let number = |thread: &Thread| match thread.hold {
            Some(Hold::Held(number)) => Some(number),
            _ => None,
        };
        let longest = self
            .threads
            .iter_mut()
            .filter(|thread| number(thread).is_some())
            .min_by_key(|thread| number(thread));
        longest.is_some_and(|thread| thread.hold.take().is_some())
    }

    /// Runs an action when simulated time reaches `due`. The number takes it back.
    pub fn at<F: FnOnce(&mut Kernel) + 'static>(&mut self, due: Time, action: F) -> u64 {
        self.add_timer(due, Action::Run(Box::new(action)))
    }

    /// Wakes a thread with `value` when simulated time reaches `due`, unless it was woken before.
    pub fn wake_at(&mut self, due: Time, thread: ThreadId, value: u64) -> u64 {
        self.add_timer(due, Action::Wake(thread, value))
    }

    /// Takes back what [`Self::at`] or [`Self::wake_at`] planned.
    pub fn cancel(&mut self, number: u64) {
        self.effects += 1;
        self.timers.retain(|Reverse(timer)| timer.sequence != number);
    }

    fn add_timer(&mut self, due: Time, action: Action) -> u64 {
        self.sequence += 1;
        self.effects += 1;
        self.timers.push(Reverse(Timer { due, sequence: self.sequence, action }));
        self.sequence
    }

    /// When the next timer is due. `None`: there is none.
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        self.timers.peek().map(|Reverse(timer)| timer.due)
    }

    /// The timer that is due first, if its time has come or comes by `until`; time moves on to it.
    fn pop_timer(&mut self, until: u64) -> Option<Action> {
        let due = self.timers.peek()?.0.due;
        if due > self.now.max(until) {
            return None;
        }
        self.now = self.now.max(due);
        self.timers.pop().map(|Reverse(timer)| timer.action)
    }

    fn remove(&mut self, id: ThreadId) {
        self.threads.retain(|thread| thread.id != id);
    }

    /// Threads that could run now, in order.
    fn runnable(&self, into: &mut Vec<ThreadId>) {
        into.clear();
        let free = self.free_processor().is_some();
        into.extend(
            self.threads
                .iter()
                .filter(|thread| thread.state == State::Ready && !matches!(thread.hold, Some(Hold::Held(_))))
                .filter(|thread| free || self.owns_processor(thread))
                .map(|thread| thread.id),
        );
    }

    /// A thread at `DISPATCH_LEVEL` keeps the processor that it runs on.
    const fn owns_processor(&self, thread: &Thread) -> bool {
        thread.irql >= DISPATCH_LEVEL && thread.processor < self.processors
    }

    fn is_owned(&self, processor: u8, except: ThreadId) -> bool {
        self.threads
            .iter()
            .any(|other| other.id != except && other.irql >= DISPATCH_LEVEL && other.processor == processor)
    }

    fn free_processor(&self) -> Option<u8> {
        (0..self.processors).find(|processor| !self.is_owned(*processor, ThreadId(0)))
    }

    /// Puts a thread on a processor: its own if nobody owns that, otherwise the first free one.
    fn place(&mut self, id: ThreadId) {
        let Some(thread) = self.thread(id) else { return };
        if thread.processor >= self.processors || self.is_owned(thread.processor, id) {
            let processor = self.free_processor().unwrap_or(0);
            if let Some(thread) = self.thread_mut(id) {
                thread.processor = processor;
            }
        }
        self.current = id;
    }
}
