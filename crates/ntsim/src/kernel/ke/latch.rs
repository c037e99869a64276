//! One-shot signals between threads of the simulator, which no driver sees.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use crate::{
    kernel::Kernel,
    sched::{Cpu, ThreadId},
};

/// Something that happens once and that threads wait for. Clones are the same latch.
#[derive(Clone, Debug, Default)]
pub struct Latch(Rc<State>);

#[derive(Debug, Default)]
struct State {
    open: Cell<bool>,
    // INVARIANT: threads that are blocked in `wait`, so that opening wakes them from nothing else.
    waiters: RefCell<Vec<ThreadId>>,
}

impl Latch {
    /// Whether it happened.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.open.get()
    }

    /// It happens.
    pub fn open(&self, kernel: &mut Kernel) {
        self.0.open.set(true);
        for thread in self.0.waiters.take() {
            kernel.sched.wake(thread, 0);
        }
    }

    /// Waits until it happens. `what` is for the report of a deadlock.
    pub async fn wait(&self, cpu: &Cpu, what: impl Into<String>) {
        if !self.is_open() {
            self.0.waiters.borrow_mut().push(cpu.thread());
            cpu.block(what).await;
        }
    }
}
