//! One-shot signals between threads of the simulator, which no driver sees.

use std::{cell::Cell, rc::Rc};

use crate::{
    kernel::Kernel,
    sched::{Cpu, ThreadId},
};

/// Something that happens once and that one thread waits for. Clones are the same latch.
#[derive(Clone, Debug, Default)]
pub struct Latch(Rc<State>);

#[derive(Debug, Default)]
struct State {
    open: Cell<bool>,
    // INVARIANT: set only while the thread is blocked in `wait`, so that opening wakes it from nothing else.
    waiter: Cell<Option<ThreadId>>,
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
        if let Some(thread) = self.0.waiter.take() {
            kernel.sched.wake(thread, 0);
        }
    }

    /// Waits until it happens. `what` is for the report of a deadlock.
    pub async fn wait(&self, cpu: &Cpu, what: impl Into<String>) {
        if !self.is_open() {
            self.0.waiter.set(Some(cpu.thread()));
            cpu.block(what).await;
        }
    }
}
