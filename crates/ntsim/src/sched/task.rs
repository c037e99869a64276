//! What async code of the simulator awaits.

use std::{
    cell::{Ref, RefCell, RefMut},
    future::poll_fn,
    rc::Rc,
    task::Poll,
};

use super::{State, ThreadId, Time};
use crate::{cpu::Call, kernel::Kernel, mem::Addr};

/// A thread's hold on the machine. Async kernel routines and tasks get one; it is cheap to clone.
///
/// No borrow of the kernel may live across an `await`.
#[derive(Clone, Debug)]
pub struct Cpu {
    kernel: Rc<RefCell<Kernel>>,
    thread: ThreadId,
}

impl Cpu {
    pub(super) const fn new(kernel: Rc<RefCell<Kernel>>, thread: ThreadId) -> Self {
        Self { kernel, thread }
    }

    /// The thread.
    #[must_use]
    pub const fn thread(&self) -> ThreadId {
        self.thread
    }

    /// The kernel, for changing it.
    #[must_use]
    pub fn k(&self) -> RefMut<'_, Kernel> {
        self.kernel.borrow_mut()
    }

    /// The kernel, for looking at it.
    #[must_use]
    pub fn look(&self) -> Ref<'_, Kernel> {
        self.kernel.borrow()
    }

    /// Calls a routine of the driver on this thread's stack and gives what it returned. A trap of the driver
    /// stops the machine: then this never comes back.
    ///
    /// # Panics
    /// When more arguments are given than a routine of a driver takes.
    pub async fn call(&self, routine: Addr, arguments: &[u64]) -> u64 {
        let mut call = Call { routine, arguments: [0; _] };
        assert!(arguments.len() <= call.arguments.len(), "too many arguments");
        for (to, from) in call.arguments.iter_mut().zip(arguments) {
            *to = *from;
        }
        let mut asked = false;
        poll_fn(|_| {
            let mut kernel = self.k();
            let Some(thread) = kernel.sched.thread_mut(self.thread) else { return Poll::Pending };
            if !asked {
                asked = true;
                thread.wanted = Some(call);
                return Poll::Pending;
            }
            thread.answer.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Waits until somebody calls [`Sched::wake`](super::Sched::wake) and gives the value passed there.
    /// `what` says what the thread waits for, should it wait for ever.
    pub async fn block(&self, what: impl Into<String>) -> u64 {
        let mut what = Some(what.into());
        poll_fn(|_| {
            let mut kernel = self.k();
            let Some(thread) = kernel.sched.thread_mut(self.thread) else { return Poll::Pending };
            if let Some(what) = what.take() {
                thread.state = State::Blocked(what);
                thread.woken = None;
                return Poll::Pending;
            }
            thread.woken.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Ends the thread here, whatever it was called from. This never comes back.
    pub async fn exit(&self) {
        poll_fn(|_| {
            if let Some(thread) = self.k().sched.thread_mut(self.thread) {
                thread.exits = true;
            }
            Poll::<()>::Pending
        })
        .await;
    }

    /// Waits for `ticks` of simulated time, in units of 100 ns.
    pub async fn sleep(&self, ticks: Time) {
        {
            let mut kernel = self.k();
            let due = kernel.sched.now + ticks;
            kernel.sched.wake_at(due, self.thread, 0);
        }
        self.block("time to pass").await;
    }

    /// Lets other threads run first.
    pub async fn yield_now(&self) {
        let mut first = true;
        poll_fn(|_| if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}
