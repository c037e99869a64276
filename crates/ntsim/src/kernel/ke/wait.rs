//! Waiting for dispatcher objects.

use std::collections::{BTreeMap, VecDeque};

use nt_trace::{
    NtStatus, ObjectId, ObjectKind,
    event::{LockAcquired, LockForm, WaitBegun, WaitEnded},
};

use super::event::is_synchronization;
use crate::{
    abi::{
        DISPATCHER_HEADER, KMUTANT,
        status::{STATUS_SUCCESS, STATUS_TIMEOUT},
    },
    kernel::{
        Kernel,
        bug_check::{MAXIMUM_WAIT_OBJECTS_EXCEEDED, bug_check},
        export::{Args, Export, Handler, Returns, RoutineFuture},
    },
    mem::{Addr, BadAccess},
    sched::{Cpu, DISPATCH_LEVEL, State, ThreadId, Time},
    stop::Stop,
};

/// `KeWaitForSingleObject` and its sibling, the alerts and modes of which have no effect here.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "KeWaitForSingleObject",
        "wdm/nf-wdm-kewaitforsingleobject",
        DISPATCH_LEVEL,
        Returns::Status,
        &[],
        Handler::Try(|k, a| try_wait(k, &single(k, a)?), |c, a| wait(c, a, single)),
    ),
    Export::new(
        "KeWaitForMultipleObjects",
        "wdm/nf-wdm-kewaitformultipleobjects",
        DISPATCH_LEVEL,
        Returns::Status,
        &[],
        Handler::Try(|k, a| try_wait(k, &multiple(k, a)?), |c, a| wait(c, a, multiple)),
    ),
];

/// What a waiter is woken with when its time is up. Otherwise: which of the objects ended the wait.
const TIMED_OUT: u64 = u64::MAX;
/// What system time is when the machine starts, in units of 100 ns since 1601.
const BOOT_TIME: i64 = 0x01DC_0000_0000_0000;
/// `THREAD_WAIT_OBJECTS`: as many a thread can wait for without memory of the caller's.
const THREAD_WAIT_OBJECTS: u32 = 3;
/// `MAXIMUM_WAIT_OBJECTS`
const MAXIMUM_WAIT_OBJECTS: u32 = 64;

/// Threads that wait for dispatcher objects.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    /// By object, who came first in front.
    queues: BTreeMap<Addr, VecDeque<ThreadId>>,
    /// What each of them waits for.
    waits: BTreeMap<ThreadId, Wait>,
}

/// What a thread waits for.
#[derive(Clone, Debug)]
struct Wait {
    objects: Vec<Addr>,
    /// For every object at once (`WaitAll`), otherwise for any of them.
    all: bool,
    /// In units of 100 ns, negative for a span of time, none for ever.
    timeout: Option<i64>,
    /// By `KeWaitForMultipleObjects`.
    multiple: bool,
}

impl Kernel {
    /// Whether an object would let this thread go on.
    fn is_signalled(&self, object: Addr, thread: ThreadId) -> Result<bool, BadAccess> {
        let header: &DISPATCHER_HEADER = self.mem.at(object)?;
        if header.Type == DISPATCHER_HEADER::MUTANT && header.SignalState <= 0 {
            return Ok(self.mem.at::<KMUTANT>(object)?.OwnerThread == self.thread_object(thread));
        }
        Ok(header.SignalState > 0)
    }

    /// Lets this thread go on: its wait takes what a wait for such an object takes.
    fn take_signal(&mut self, object: Addr, thread: ThreadId) -> Result<(), BadAccess> {
        let owner = self.thread_object(thread);
        let header: &mut DISPATCHER_HEADER = self.mem.at_mut(object)?;
        match header.Type {
            DISPATCHER_HEADER::MUTANT => {
                let mutant: &mut KMUTANT = self.mem.at_mut(object)?;
                mutant.Header.SignalState = mutant.Header.SignalState.saturating_sub(1);
                mutant.OwnerThread = owner;
            }
            DISPATCHER_HEADER::SEMAPHORE => header.SignalState -= 1,
            kind if is_synchronization(kind) => header.SignalState = 0,
            _ => {}
        }
        Ok(())
    }

    /// Ends a wait if the objects allow it now. Gives the number of the object that ended it.
    fn try_satisfy(&mut self, wait: &Wait, thread: ThreadId) -> Result<Option<u64>, BadAccess> {
        if wait.all {
            for object in &wait.objects {
                if !self.is_signalled(*object, thread)? {
                    return Ok(None);
                }
            }
            for object in &wait.objects {
                self.take_signal(*object, thread)?;
            }
            return Ok(Some(0));
        }
        for (number, object) in (0..).zip(&wait.objects) {
            if self.is_signalled(*object, thread)? {
                self.take_signal(*object, thread)?;
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// An object has been signalled: whoever may goes on, in the order in which they came.
    pub(super) fn release_waiters(&mut self, object: Addr) -> Result<(), BadAccess> {
        let mut next = 0;
        while let Some(thread) = self.ke.waiters.queues.get(&object).and_then(|queue| queue.get(next)) {
            let thread = *thread;
            let waits = self.sched.thread(thread).is_some_and(|thread| thread.state != State::Ready);
            let wait = self.ke.waiters.waits.get(&thread).filter(|_| waits).cloned();
            // One whose time was up a moment ago has not run yet.
            let Some(wait) = wait else {
                next += 1;
                continue;
            };
            if let Some(number) = self.try_satisfy(&wait, thread)? {
                self.forget_wait(thread);
                self.sched.wake(thread, number);
            } else {
                next += 1;
            }
        }
        Ok(())
    }

    fn begin_to_wait(&mut self, thread: ThreadId, wait: Wait) {
        for object in &wait.objects {
            self.ke.waiters.queues.entry(*object).or_default().push_back(thread);
        }
        self.ke.waiters.waits.insert(thread, wait);
    }

    fn forget_wait(&mut self, thread: ThreadId) {
        let Some(wait) = self.ke.waiters.waits.remove(&thread) else { return };
        for object in wait.objects {
            if let Some(queue) = self.ke.waiters.queues.get_mut(&object) {
                queue.retain(|waiting| *waiting != thread);
                if queue.is_empty() {
                    self.ke.waiters.queues.remove(&object);
                }
            }
        }
    }

    /// System time: units of 100 ns since 1601.
    pub(in crate::kernel) fn system_time(&self) -> i64 {
        BOOT_TIME.saturating_add(i64::try_from(self.sched.now).unwrap_or(i64::MAX))
    }

    /// When a timeout (a relative or absolute `LARGE_INTEGER`) is over, as simulated time.
    pub(super) fn due(&self, timeout: i64) -> Time {
        if timeout < 0 {
            self.sched.now.saturating_add(timeout.unsigned_abs())
        } else {
            u64::try_from(timeout.saturating_sub(BOOT_TIME)).unwrap_or(0)
        }
    }

    /// The name of something that can be waited for.
    fn waitable_name(&mut self, object: Addr) -> ObjectId {
        match self.mem.at::<DISPATCHER_HEADER>(object).map(|header| header.Type) {
            Ok(DISPATCHER_HEADER::THREAD) => self.object(object),
            Ok(DISPATCHER_HEADER::MUTANT) => self.name_of(object, ObjectKind::Lock),
            _ => self.name_of(object, ObjectKind::Event),
        }
    }

    fn tell_beginning(&mut self, wait: &Wait) -> Result<(), Stop> {
        let thread = self.sched.current();
        for object in &wait.objects {
            let name = self.waitable_name(*object);
            let signalled = self.is_signalled(*object, thread)?;
            self.emit(WaitBegun { object: name, timeout: wait.timeout, signalled, multiple: wait.multiple });
        }
        Ok(())
    }

    /// A wait is over: tells for which object, and gives the status.
    fn tell_end(&mut self, wait: &Wait, woken: u64) -> Result<NtStatus, Stop> {
        // STATUS_WAIT_0 and its successors.
        let number = u32::try_from(woken);
        let status = number.map_or(STATUS_TIMEOUT, |number| NtStatus(STATUS_SUCCESS.0 + number));
        for (number, object) in (0..).zip(&wait.objects) {
            if !wait.all && woken != TIMED_OUT && number != woken {
                continue;
            }
            let name = self.waitable_name(*object);
            self.emit(WaitEnded { object: name, status });
            let kind = self.mem.at::<DISPATCHER_HEADER>(*object)?.Type;
            if kind == DISPATCHER_HEADER::MUTANT && woken != TIMED_OUT {
                self.emit(LockAcquired {
                    lock: name,
                    form: LockForm::Mutex,
                    attempt: wait.timeout == Some(0),
                });
            }
        }
        Ok(status)
    }
}

fn timeout(kernel: &Kernel, args: Args, index: u64) -> Result<Option<i64>, Stop> {
    let at = args.pointer(kernel, index)?;
    Ok(if at.is_null() { None } else { Some(kernel.mem.read(at)?) })
}

fn single(kernel: &Kernel, args: Args) -> Result<Wait, Stop> {
    let objects = vec![args.pointer(kernel, 0)?];
    Ok(Wait { objects, all: false, timeout: timeout(kernel, args, 4)?, multiple: false })
}

fn multiple(kernel: &Kernel, args: Args) -> Result<Wait, Stop> {
    /// `WaitAny` of `WAIT_TYPE`; zero is `WaitAll`.
    const WAIT_ANY: u32 = 1;
    let (count, objects) = (args.ulong(kernel, 0)?, args.pointer(kernel, 1)?);
    let (kind, blocks) = (args.ulong(kernel, 2)?, args.pointer(kernel, 7)?);
    let most = if blocks.is_null() { THREAD_WAIT_OBJECTS } else { MAXIMUM_WAIT_OBJECTS };
    if count > most {
        let text = format!("KeWaitForMultipleObjects with {count} objects, where at most {most} may be");
        return Err(bug_check(MAXIMUM_WAIT_OBJECTS_EXCEEDED, 0, text));
    }
    let objects = (0..u64::from(count)).map(|index| kernel.mem.read(objects.add(index * 8)));
    let objects = objects.collect::<Result<_, _>>()?;
    Ok(Wait { objects, all: kind != WAIT_ANY, timeout: timeout(kernel, args, 6)?, multiple: true })
}

fn try_wait(kernel: &mut Kernel, wait: &Wait) -> Result<Option<u64>, Stop> {
    kernel.tell_beginning(wait)?;
    let thread = kernel.sched.current();
    let woken = match (kernel.try_satisfy(wait, thread)?, wait.timeout) {
        (Some(number), _) => number,
        (None, Some(0)) => TIMED_OUT,
        (None, _) => return Ok(None),
    };
    Ok(Some(u64::from(kernel.tell_end(wait, woken)?.0)))
}

fn wait(cpu: Cpu, args: Args, arguments: fn(&Kernel, Args) -> Result<Wait, Stop>) -> RoutineFuture {
    Box::pin(async move {
        let wait = arguments(&cpu.look(), args)?;
        let woken = block_on(&cpu, wait.clone()).await;
        Ok(u64::from(cpu.k().tell_end(&wait, woken)?.0))
    })
}

/// Waits for a dispatcher object as `KeWaitForSingleObject` does, without events of its own in the trace.
/// `timeout` in units of 100 ns, negative for a span of time, none for ever.
///
/// # Errors
/// When the object is not the driver's memory.
pub async fn wait_for_object(cpu: &Cpu, object: Addr, timeout: Option<i64>) -> Result<NtStatus, Stop> {
    let wait = Wait { objects: vec![object], all: false, timeout, multiple: false };
    if cpu.k().try_satisfy(&wait, cpu.thread())?.is_some() {
        return Ok(STATUS_SUCCESS);
    }
    let woken = block_on(cpu, wait).await;
    Ok(if woken == TIMED_OUT { STATUS_TIMEOUT } else { STATUS_SUCCESS })
}

async fn block_on(cpu: &Cpu, wait: Wait) -> u64 {
    let (timer, what) = {
        let mut kernel = cpu.k();
        let due = wait.timeout.map(|timeout| kernel.due(timeout));
        let timer = due.map(|due| kernel.sched.wake_at(due, cpu.thread(), TIMED_OUT));
        let names: Vec<String> =
            wait.objects.iter().map(|object| kernel.waitable_name(*object).to_string()).collect();
        kernel.begin_to_wait(cpu.thread(), wait);
        (timer, names.join(", "))
    };
    let woken = cpu.block(what).await;
    let mut kernel = cpu.k();
    if woken == TIMED_OUT {
        kernel.forget_wait(cpu.thread());
    } else if let Some(timer) = timer {
        kernel.sched.cancel(timer);
    }
    woken
}
