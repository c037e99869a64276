//! A kernel stack on which driver code runs, and the ways in and out of it.

// UNSAFETY: calls machine code of the driver, and switches stacks.
#![expect(unsafe_code, reason = "enters driver code")]

use std::{cell::Cell, num::NonZeroUsize, ptr};

use corosensei::{
    Coroutine, CoroutineResult, Yielder,
    stack::{Stack, StackPointer},
};

use super::{count, exception::continue_point, thunk, trap};
use crate::mem::{Addr, PAGE_SIZE};

/// How many arguments a callback of the driver takes at most.
pub const MAX_ARGUMENTS: usize = 7;

/// A call of a routine of the driver.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The routine.
    pub routine: Addr,
    /// Its arguments; those it does not take are ignored, as the calling convention allows.
    pub arguments: [u64; MAX_ARGUMENTS],
}

/// How a stack is resumed.
#[derive(Clone, Copy, Debug)]
pub enum Resume {
    /// Call a routine of the driver, on top of whatever waits on this stack.
    Call(Call),
    /// Return from the import that was called last.
    Return(u64),
    /// Leave the import that was called last by an exception: the stack is interrupted where the call returns to.
    Raise,
    /// Go on with the registers that [`go_on_with`](super::go_on_with) was given.
    Continue,
}

/// How driver code left its stack.
#[derive(Clone, Copy, Debug)]
pub enum Left {
    /// It called an import.
    Import {
        /// The import's number.
        index: usize,
        /// Where the arguments lie: eight bytes each, on the driver's stack.
        arguments: Addr,
        /// Where the call returns to.
        site: Addr,
    },
    /// It is about to execute an atomic instruction at which threads may switch. Resume it by
    /// [`Resume::Return`]; the value does not matter.
    Atomic {
        /// Where the instruction's copy lies.
        copy: Addr,
    },
    /// The routine called last returned this.
    Returned(u64),
    /// A fault interrupted it, or a call that raises an exception: see [`interruption`](super::interruption).
    Interrupted,
    /// It trapped. The stack is reset; nothing that was on it goes on.
    Trapped(trap::Trap),
}

type DriverYielder = Yielder<Resume, Left>;

thread_local! {
    /// The yielder of the stack that runs now.
    static CURRENT: Cell<*const DriverYielder> = const { Cell::new(ptr::null()) };
}

/// A stack in the arena. Its lowest page faults.
struct ArenaStack {
    limit: StackPointer,
    base: StackPointer,
}

// SAFETY: `DriverStack::new` is given a range that ends at `base`, with an inaccessible page at `limit` and
// 24 KiB above it.
unsafe impl Stack for ArenaStack {
    fn base(&self) -> StackPointer {
        self.base
    }

    fn limit(&self) -> StackPointer {
        self.limit
    }
}

/// One kernel stack. Calls nest on it: a callback may be called while an import called from it waits.
pub struct DriverStack {
    range: (Addr, Addr),
    coroutine: Coroutine<Resume, Left, trap::Trap, ArenaStack>,
}

impl std::fmt::Debug for DriverStack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DriverStack").finish_non_exhaustive()
    }
}

impl DriverStack {
    /// Makes a stack of the bytes from `bottom` to `top`, which [`Mem::add_stack`](crate::mem::Mem::add_stack)
    /// handed out.
    ///
    /// # Panics
    /// When the range is not one that it could have handed out.
    #[must_use]
    pub fn new(bottom: Addr, top: Addr) -> Self {
        let pointer = |address: u64| {
            NonZeroUsize::new(usize::try_from(address).unwrap_or(0)).expect("a stack at the zero page")
        };
        let stack = ArenaStack { limit: pointer(bottom.0 - PAGE_SIZE), base: pointer(top.0) };
        Self { range: (bottom, top), coroutine: Coroutine::with_stack(stack, run) }
    }

    /// A fresh stack in the same place. Whatever was on the old one is abandoned.
    #[must_use]
    pub fn anew(self) -> Self {
        let (bottom, top) = self.range;
        drop(self);
        Self::new(bottom, top)
    }

    /// Runs driver code on this stack until it leaves it.
    pub fn resume(&mut self, how: Resume) -> Left {
        let handler = self.coroutine.trap_handler();
        trap::enter(handler);
        let result = self.coroutine.resume(how);
        trap::leave();
        match result {
            CoroutineResult::Yield(left) => left,
            CoroutineResult::Return(trap) => Left::Trapped(trap),
        }
    }
}

impl Drop for DriverStack {
    fn drop(&mut self) {
        if self.coroutine.started() && !self.coroutine.done() {
            // SAFETY: only driver code and our two loops are on the stack; none of them owns anything that a
            // destructor would have to give back.
            unsafe { self.coroutine.force_reset() };
        }
    }
}

/// The bottom of every driver stack: calls what it is told to call.
fn run(yielder: &DriverYielder, first: Resume) -> trap::Trap {
    CURRENT.set(ptr::from_ref(yielder));
    let mut next = first;
    loop {
        let left = match next {
            Resume::Call(call) => Left::Returned(invoke(call)),
            // Nothing waits for a return here; the scheduler never does this.
            Resume::Return(value) => Left::Returned(value),
            Resume::Raise | Resume::Continue => Left::Returned(0),
        };
        next = yielder.suspend(left);
        CURRENT.set(ptr::from_ref(yielder));
    }
}

/// How a kernel call ends, in the two registers that the thunk looks at.
#[repr(C)]
pub(super) struct Ended {
    value: u64,
    /// Not zero: the call raises an exception.
    raises: u64,
}

/// Called by the thunks, on the driver's stack: hands the call to the simulator and waits for its answer.
pub(super) extern "sysv64" fn on_import(pushed: u64, arguments: u64, site: u64) -> Ended {
    let left = Left::Import { index: thunk::index_of(pushed), arguments: Addr(arguments), site: Addr(site) };
    let answer = leave(left);
    if answer.is_some() {
        count::driver_runs(site);
    }
    answer.map_or(Ended { value: 0, raises: 1 }, |value| Ended { value, raises: 0 })
}

/// Where interrupted driver code goes, on its own stack: waits until the simulator lets it go on.
pub(super) extern "sysv64" fn on_interruption() -> ! {
    leave(Left::Interrupted);
    // Nobody returns from an interruption, or raises one: it goes on, or its stack is abandoned.
    std::process::abort()
}

/// Leaves the stack, and calls on it what is to be called, until there is an answer. `None`: an exception.
fn leave(mut left: Left) -> Option<u64> {
    let current = CURRENT.get();
    // SAFETY: driver code runs only inside `DriverStack::resume`, and the stack that runs set CURRENT to its
    // own yielder, which lives as long as the coroutine.
    let yielder = unsafe { &*current };
    loop {
        let next = yielder.suspend(left);
        CURRENT.set(current);
        match next {
            Resume::Return(value) => return Some(value),
            Resume::Raise => return None,
            Resume::Call(call) => left = Left::Returned(invoke(call)),
            // SAFETY: this is a driver's stack, and whoever resumes it in this way said with which registers.
            Resume::Continue => unsafe { continue_point() },
        }
    }
}

/// Called by the stubs of atomic instructions, on the driver's stack: lets the simulator choose who goes on.
pub(super) extern "sysv64" fn on_atomic(copy: u64) {
    leave(Left::Atomic { copy: Addr(copy) });
}

type Routine = unsafe extern "win64" fn(u64, u64, u64, u64, u64, u64, u64) -> u64;

fn invoke(call: Call) -> u64 {
    let address = call.routine.0 as *const ();
    // SAFETY: any address can be a function pointer as long as it is not null; what lies there is the
    // driver's, and a bad one traps.
    let routine = unsafe { std::mem::transmute::<*const (), Option<Routine>>(address) };
    let [first, second, third, fourth, fifth, sixth, seventh] = call.arguments;
    let Some(routine) = routine else { return trap::call_of_null() };
    count::driver_runs(call.routine.0);
    // SAFETY: driver code touches only its own view of the arena; whatever else it does traps. A routine that
    // takes fewer arguments ignores the rest.
    unsafe { routine(first, second, third, fourth, fifth, sixth, seventh) }
}
