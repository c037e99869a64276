//! Runs the threads of a machine, one at a time.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use super::{Action, Cpu, Moment, Point, Policy, State, Task, ThreadId, private::is_private};
use crate::{
    cpu::{self, DriverStack, Left, Resume},
    kernel::{
        Kernel,
        export::{Args, Handler, RoutineFuture},
        interruption::{self, Raised},
    },
    mem::Addr,
    stop::Stop,
};

/// What a kernel call costs in simulated time, in units of 100 ns.
const CALL_COST: u64 = 1;
/// How many atomic instructions without a kernel call are a loop that waits for another thread.
const SPINS: u32 = 1000;

/// One level of a thread.
enum Frame {
    /// The simulator's task at the bottom.
    Task(Task),
    /// An async kernel routine that the driver called.
    Routine { future: RoutineFuture, index: usize, site: Addr },
    /// What is done about driver code that was interrupted.
    Interruption { future: interruption::Answer, site: Addr },
    /// Driver code, on the thread's stack.
    Driver,
}

/// What a thread does when it runs next.
enum Next {
    Poll,
    Resume(Resume),
    Import { index: usize, args: Args },
}

struct Runner {
    frames: Vec<Frame>,
    stack: Option<DriverStack>,
    next: Next,
    /// What the kernel routine raises that was called last.
    raised: Option<Raised>,
}

/// Runs threads until nobody can run or the machine stops.
pub struct Executor {
    kernel: Rc<RefCell<Kernel>>,
    runners: BTreeMap<ThreadId, Runner>,
    idle_stacks: Vec<DriverStack>,
    policy: Box<dyn Policy>,
    choices: Vec<ThreadId>,
    runnable: Vec<ThreadId>,
    /// Simulated time at which a life is a livelock.
    pub time_limit: u64,
    /// Kernel calls after which a life is a livelock.
    pub call_limit: u64,
    /// Simulated time up to which timers are waited for. Whatever waits longer waits.
    pub horizon: u64,
    calls: u64,
    /// How often driver code was entered or gone on with.
    resumed: u64,
    /// Atomic instructions of the driver at which threads could switch.
    atomics: u64,
    /// How many of them came since the last kernel call.
    spins: u32,
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor").field("calls", &self.calls).finish_non_exhaustive()
    }
}

impl Executor {
    /// An executor for the threads of `kernel`.
    #[must_use]
    pub fn new(kernel: Rc<RefCell<Kernel>>, policy: Box<dyn Policy>) -> Self {
        Self {
            kernel,
            runners: BTreeMap::new(),
            idle_stacks: Vec::new(),
            policy,
            choices: Vec::new(),
            runnable: Vec::new(),
            time_limit: 3_600 * 10_000_000,
            call_limit: 100_000_000,
            horizon: u64::MAX,
            calls: 0,
            resumed: 0,
            atomics: 0,
            spins: 0,
        }
    }

    /// The choices made so far, for [`Replay`](super::Replay).
    #[must_use]
    pub fn choices(&self) -> &[ThreadId] {
        &self.choices
    }

    /// Kernel calls of the driver so far.
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.calls
    }

    /// Ends every thread where it stands and makes `policy` decide from here on, for the next life.
    pub fn reset(&mut self, policy: Box<dyn Policy>) {
        for (_, runner) in std::mem::take(&mut self.runners) {
            drop(runner.frames);
            self.idle_stacks.extend(runner.stack.map(DriverStack::anew));
        }
        self.policy = policy;
        self.choices.clear();
        self.calls = 0;
        (self.atomics, self.spins) = (0, 0);
    }

    /// Runs until nobody can run and no timer is set.
    ///
    /// # Errors
    /// Why the machine stopped.
    pub fn run(&mut self) -> Result<(), Stop> {
        self.run_until(|_| false)
    }

    /// Runs until `done` says so (asked between steps), or nobody can run and no timer is set.
    ///
    /// # Errors
    /// Why the machine stopped.
    pub fn run_until(&mut self, done: impl Fn(&Kernel) -> bool) -> Result<(), Stop> {
        let mut point = Point::Blocked;
        loop {
            self.adopt();
            self.fire_timers(false);
            if done(&self.kernel.borrow()) {
                return Ok(());
            }
            let choices = self.choices.len();
            let Some(thread) = self.choose(point) else {
                let went_on = self.kernel.borrow_mut().hear_outside()
                    || self.fire_timers(true)
                    || self.kernel.borrow_mut().sched.release_held();
                if went_on {
                    continue;
                }
                return Ok(());
            };
            self.kernel.borrow_mut().sched.place(thread);
            let before = self.effects();
            point = self.step(thread)?;
            let chosen = self.choices.len() > choices;
            if chosen && before == self.effects() && self.kernel.borrow().sched.waits_again(thread) {
                self.policy.stepped_idly();
            }
            self.check_limits()?;
        }
    }

    /// A number that is the same after a step in which a thread did nothing that anybody could notice.
    fn effects(&self) -> u64 {
        let kernel = self.kernel.borrow();
        kernel.sched.effects + kernel.sched.now + kernel.trace.events().len() as u64 + self.resumed
    }

    fn check_limits(&self) -> Result<(), Stop> {
        let now = self.kernel.borrow().sched.now;
        if now > self.time_limit {
            return Err(Stop::Livelock(format!("{} s of simulated time went by", now / 10_000_000)));
        }
        if self.calls > self.call_limit {
            return Err(Stop::Livelock(format!("the driver made {} kernel calls", self.calls)));
        }
        Ok(())
    }

    /// Takes over the threads that were made since the last step.
    fn adopt(&mut self) {
        let spawned = std::mem::take(&mut self.kernel.borrow_mut().sched.spawned);
        for (id, start) in spawned {
            let task = start(Cpu::new(Rc::clone(&self.kernel), id));
            let runner =
                Runner { frames: vec![Frame::Task(task)], stack: None, next: Next::Poll, raised: None };
            self.runners.insert(id, runner);
        }
    }

    fn fire_timers(&self, anyway: bool) -> bool {
        let mut until = if anyway { self.horizon } else { 0 };
        let mut fired = false;
        loop {
            let action = self.kernel.borrow_mut().sched.pop_timer(until);
            let Some(action) = action else { return fired };
            fired = true;
            until = 0;
            let mut kernel = self.kernel.borrow_mut();
            match action {
                Action::Wake(thread, value) => kernel.sched.wake(thread, value),
                Action::Run(action) => action(&mut kernel),
            }
        }
    }

    fn choose(&mut self, point: Point) -> Option<ThreadId> {
        let mut kernel = self.kernel.borrow_mut();
        kernel.sched.runnable(&mut self.runnable);
        if self.runnable.is_empty() && !kernel.sched.expects_hold() && kernel.sched.release_held() {
            kernel.sched.runnable(&mut self.runnable);
        }
        let current = kernel.sched.current();
        let racing = kernel.sched.is_racing();
        drop(kernel);
        let private = self.about_to_be_private(current);
        match self.runnable.as_slice() {
            [] => None,
            [only] => Some(*only),
            several => {
                let moment = Moment { point, current, runnable: several, racing, private };
                let picked = self.policy.pick(&moment);
                self.choices.push(picked);
                Some(picked)
            }
        }
    }

    /// Whether a thread is about to call a routine whose effects no other thread sees.
    fn about_to_be_private(&self, id: ThreadId) -> bool {
        match self.runners.get(&id).map(|runner| &runner.next) {
            Some(Next::Import { index, .. }) => {
                let name = self.kernel.borrow().imports.get(*index).map(|export| export.name);
                name.is_some_and(is_private)
            }
            _ => false,
        }
    }

    /// Makes `policy` decide from here on.
    pub fn steer(&mut self, policy: Box<dyn Policy>) {
        self.policy = policy;
    }

    /// Runs a thread to its next scheduling point.
    fn step(&mut self, id: ThreadId) -> Result<Point, Stop> {
        loop {
            let Some(runner) = self.runners.get_mut(&id) else { return Ok(Point::Blocked) };
            match std::mem::replace(&mut runner.next, Next::Poll) {
                Next::Poll => {
                    if let Some(point) = self.poll(id)? {
                        return Ok(point);
                    }
                }
                Next::Import { index, args } => self.import(id, index, args)?,
                Next::Resume(how) => {
                    if let Some(point) = self.resume(id, how)? {
                        return Ok(point);
                    }
                }
            }
        }
    }

    /// Polls the frame on top. `None`: go on with this thread.
    fn poll(&mut self, id: ThreadId) -> Result<Option<Point>, Stop> {
        let Some(runner) = self.runners.get_mut(&id) else { return Ok(Some(Point::Blocked)) };
        let mut context = Context::from_waker(Waker::noop());
        match runner.frames.last_mut() {
            Some(Frame::Task(task)) => {
                self.kernel.borrow_mut().set_site(Addr::NULL);
                match task.as_mut().poll(&mut context) {
                    Poll::Pending => self.after_pending(id),
                    Poll::Ready(result) => {
                        self.end(id);
                        result.map(|()| Some(Point::Blocked))
                    }
                }
            }
            Some(Frame::Routine { future, index, site }) => {
                let index = *index;
                self.kernel.borrow_mut().set_site(*site);
                match future.as_mut().poll(&mut context) {
                    Poll::Pending => self.after_pending(id),
                    Poll::Ready(result) => {
                        runner.frames.pop();
                        self.answer_call(id, index, result)?;
                        Ok(None)
                    }
                }
            }
            Some(Frame::Interruption { future, site }) => {
                self.kernel.borrow_mut().set_site(*site);
                match future.as_mut().poll(&mut context) {
                    Poll::Pending => self.after_pending(id),
                    Poll::Ready(result) => {
                        cpu::go_on_with(&result?);
                        runner.frames.pop();
                        runner.next = Next::Resume(Resume::Continue);
                        Ok(None)
                    }
                }
            }
            Some(Frame::Driver) | None => Err(Stop::Host("a thread has nothing to poll".into())),
        }
    }

    /// A frame is not done: it called the driver, blocked, or yielded.
    fn after_pending(&mut self, id: ThreadId) -> Result<Option<Point>, Stop> {
        let mut kernel = self.kernel.borrow_mut();
        let Some(thread) = kernel.sched.thread_mut(id) else { return Ok(Some(Point::Blocked)) };
        if thread.exits {
            drop(kernel);
            self.abandon(id);
            return Ok(Some(Point::Blocked));
        }
        if let Some(call) = thread.wanted.take() {
            let Some(runner) = self.runners.get_mut(&id) else { return Ok(Some(Point::Blocked)) };
            if runner.stack.is_none() {
                let idle = self.idle_stacks.pop();
                let stack = idle.map_or_else(|| new_stack(&mut kernel), Ok)?;
                runner.stack = Some(stack);
            }
            runner.frames.push(Frame::Driver);
            runner.next = Next::Resume(Resume::Call(call));
            return Ok(None);
        }
        Ok(Some(if thread.state == State::Ready { Point::Yield } else { Point::Blocked }))
    }

    /// Runs driver code to its next scheduling point. `None`: go on with this thread.
    fn resume(&mut self, id: ThreadId, how: Resume) -> Result<Option<Point>, Stop> {
        let Some(runner) = self.runners.get_mut(&id) else { return Ok(None) };
        let Some(stack) = runner.stack.as_mut() else { return Ok(None) };
        self.kernel.borrow_mut().settle_memory()?;
        self.resumed += 1;
        let left = stack.resume(how);
        self.kernel.borrow_mut().tell_user_accesses()?;
        match left {
            Left::Import { index, arguments, site } => {
                runner.next = Next::Import { index, args: Args { base: arguments, site } };
                let mut kernel = self.kernel.borrow_mut();
                if let Some(name) = kernel.imports.get(index).map(|export| export.name) {
                    kernel.sched.about_to_call(id, name);
                }
                Ok(Some(Point::KernelCall))
            }
            Left::Atomic { .. } => {
                runner.next = Next::Resume(Resume::Return(0));
                self.at_atomic().map(Some)
            }
            Left::Returned(value) => {
                runner.frames.pop();
                if let Some(thread) = self.kernel.borrow_mut().sched.thread_mut(id) {
                    thread.answer = Some(value);
                }
                runner.next = Next::Poll;
                Ok(None)
            }
            Left::Interrupted => {
                let interruption = cpu::interruption();
                let (cpu, raised) = (Cpu::new(Rc::clone(&self.kernel), id), runner.raised.take());
                let future = interruption::answer(cpu, interruption, raised);
                runner.frames.push(Frame::Interruption { future, site: interruption.trap.instruction });
                runner.next = Next::Poll;
                Ok(None)
            }
            Left::Trapped(trap) => Err(Stop::Trap(trap)),
        }
    }

    /// The driver is about to execute an atomic instruction. One that does so for long without a kernel call waits
    /// for another thread.
    fn at_atomic(&mut self) -> Result<Point, Stop> {
        self.atomics += 1;
        if self.atomics > self.call_limit {
            return Err(Stop::Livelock(format!("the driver executed {} atomic instructions", self.atomics)));
        }
        self.spins += 1;
        Ok(if self.spins.is_multiple_of(SPINS) { Point::Yield } else { Point::Atomic })
    }

    /// Answers a kernel call, at once or by a new frame.
    fn import(&mut self, id: ThreadId, index: usize, args: Args) -> Result<(), Stop> {
        self.calls += 1;
        self.spins = 0;
        let mut kernel = self.kernel.borrow_mut();
        kernel.sched.now += CALL_COST;
        kernel.set_site(args.site);
        let handler = kernel.enter_call(index, args)?;
        let answer = match handler {
            Handler::Sync(routine) => routine(&mut kernel, args).map(Some),
            Handler::Try(routine, _) => routine(&mut kernel, args),
            Handler::Async(_) => Ok(None),
            Handler::Data(_) => return Err(Stop::Host("the driver called a variable".into())),
        };
        drop(kernel);
        if let Some(result) = answer.transpose() {
            return self.answer_call(id, index, result);
        }
        let Some(runner) = self.runners.get_mut(&id) else { return Ok(()) };
        if let Handler::Async(start) | Handler::Try(_, start) = handler {
            let future = start(Cpu::new(Rc::clone(&self.kernel), id), args);
            runner.frames.push(Frame::Routine { future, index, site: args.site });
            runner.next = Next::Poll;
        }
        Ok(())
    }

    /// A kernel routine is done: the driver goes on with its value, or with the exception that it raises.
    fn answer_call(&mut self, id: ThreadId, index: usize, result: Result<u64, Stop>) -> Result<(), Stop> {
        let (value, raised) = match result {
            Ok(value) => (value, None),
            Err(Stop::Exception(raised)) => (0, Some(raised)),
            Err(stop) => return Err(stop),
        };
        self.kernel.borrow_mut().leave_call(index, value);
        let Some(runner) = self.runners.get_mut(&id) else { return Ok(()) };
        let how = if raised.is_some() { Resume::Raise } else { Resume::Return(value) };
        runner.raised = raised;
        runner.next = Next::Resume(how);
        Ok(())
    }

    /// Ends a thread in the middle of the driver's code, which never goes on.
    fn abandon(&mut self, id: ThreadId) {
        if let Some(runner) = self.runners.remove(&id) {
            drop(runner.frames);
            self.idle_stacks.extend(runner.stack.map(DriverStack::anew));
        }
        self.kernel.borrow_mut().sched.remove(id);
    }

    fn end(&mut self, id: ThreadId) {
        if let Some(runner) = self.runners.remove(&id) {
            self.idle_stacks.extend(runner.stack);
        }
        self.kernel.borrow_mut().sched.remove(id);
    }
}

fn new_stack(kernel: &mut Kernel) -> Result<DriverStack, Stop> {
    let (bottom, top) = kernel.mem.add_stack()?;
    Ok(DriverStack::new(bottom, top))
}
