//! Faults of driver code, and loops that never leave it.
//!
//! A fault of driver code goes through [`HANDLERS`] in order; the first that answers [`Answer::GoOn`] has taken
//! care of it, and the driver goes on with the registers as the handler left them. If nobody does, the fault ends the
//! coroutine.
//!
//! **Handlers run in a signal handler.** The driver's code was interrupted between any two instructions of
//! it, never the simulator's. A handler does not allocate, takes no lock, does not panic, does not touch the
//! driver's view of memory (a fault there ends the process), and keeps what it needs in atomics, or in
//! `const`-initialised thread locals without a destructor.

// UNSAFETY: reads what the host's kernel passes to a signal handler, and leaves driver code from there.
#![expect(unsafe_code, reason = "handles the processor's faults")]

mod signals;

use std::{
    cell::Cell,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use corosensei::trap::{CoroutineTrapHandler, TrapHandlerRegs};

use super::{
    breakpoint,
    context::{Interrupted, Register},
    exception, watch,
};
use crate::mem::{Addr, reopen};

pub use signals::install_handlers;

/// What a handler says of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is somebody else's; nothing was changed.
    NotMine,
    /// It was taken care of: the driver goes on with the registers as they are now.
    GoOn,
}

/// Looks at a fault of driver code, and takes care of it if it is its own.
pub type FaultHandler = fn(&mut Interrupted<'_>) -> Answer;

/// Who is asked, in order.
const HANDLERS: &[FaultHandler] = &[watch::handle, breakpoint::handle, exception::handle];

thread_local! {
    static HANDLER: Cell<Option<CoroutineTrapHandler<Trap>>> = const { Cell::new(None) };
    /// Who asked for the single step that is under way.
    static STEPPER: Cell<Option<FaultHandler>> = const { Cell::new(None) };
}

/// Lets the driver execute one instruction and then calls `after`, with the trap flag clear again.
///
/// For handlers that answer [`Answer::GoOn`]. `after` must answer [`Answer::GoOn`]; it may ask for another step.
/// A `rep` string instruction traps after each repetition, with `rip` still at it. When the instruction faults, the
/// fault goes through the handlers as any other does, and the step is forgotten. One step can be under way.
pub fn step(interrupted: &mut Interrupted<'_>, after: FaultHandler) {
    STEPPER.set(Some(after));
    interrupted.set_trap_flag(true);
}

/// The same from code on the driver's stack, from the next instruction on.
pub(super) fn step_from_here(after: FaultHandler) {
    STEPPER.set(Some(after));
    // SAFETY: sets the trap flag, which the handler that takes the step clears again.
    unsafe { std::arch::asm!("pushfq", "or qword ptr [rsp], 0x100", "popfq") };
}

/// What kind of trap ended a piece of driver code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrapKind {
    /// A read of memory that the driver has no right to.
    Read,
    /// A write to memory that the driver has no right to.
    Write,
    /// An instruction fetch from memory that is not code.
    Execute,
    /// An instruction that the processor refuses, such as `ud2`.
    IllegalInstruction,
    /// A breakpoint or `int 29h`-like instruction.
    Breakpoint,
    /// A division error.
    Arithmetic,
    /// Processor time went by without a kernel call.
    Hang,
}

/// A trap: where the processor was and what it wanted.
#[derive(Clone, Copy, Debug)]
pub struct Trap {
    /// What happened.
    pub kind: TrapKind,
    /// The instruction.
    pub instruction: Addr,
    /// The address it touched, for memory faults.
    pub address: Addr,
    /// The stack pointer.
    pub stack: Addr,
    /// The frame pointer.
    pub frame: Addr,
}

/// How many looks without a kernel call make a hang: a second of processor time.
const TICKS_TO_HANG: u64 = 20;

static ENTERED: AtomicU64 = AtomicU64::new(0);
static TICKS: AtomicU64 = AtomicU64::new(0);
static SEEN: AtomicU64 = AtomicU64::new(0);
static IN_DRIVER: AtomicBool = AtomicBool::new(false);

/// Driver code runs from here on.
pub(super) fn enter(handler: CoroutineTrapHandler<Trap>) {
    HANDLER.set(Some(handler));
    ENTERED.fetch_add(1, Ordering::Relaxed);
    IN_DRIVER.store(true, Ordering::Relaxed);
}

/// Driver code that takes long is not in an endless loop.
pub(super) fn still_alive() {
    ENTERED.fetch_add(1, Ordering::Relaxed);
}

/// Whether an address lies on the stack that runs, or in the page below it.
pub(super) fn is_in_stack(address: u64) -> bool {
    let address = usize::try_from(address).unwrap_or(0);
    HANDLER.get().is_some_and(|handler| handler.stack_ptr_in_bounds(address))
}

/// Driver code no longer runs.
pub(super) fn leave() {
    IN_DRIVER.store(false, Ordering::Relaxed);
}

/// The driver called, or had the kernel call, the null pointer: fetches an instruction there.
pub(super) fn call_of_null() -> u64 {
    // SAFETY: the zero page is never mapped, so this traps and does not come back.
    unsafe { std::arch::asm!("xor eax, eax", "jmp rax", options(noreturn)) }
}

extern "C" fn on_fault(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    if !IN_DRIVER.load(Ordering::Relaxed) {
        // Not the driver's: let the default action end the process at the instruction that failed.
        // SAFETY: restoring the default action is always allowed.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
        return;
    }
    // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo.
    let info = unsafe { &*info };
    // SAFETY: the signals handled here fill in the address.
    let address = unsafe { info.si_addr() };
    // SAFETY: this is the handler, and the context is its argument.
    let mut interrupted = unsafe { Interrupted::new(signal, Addr(address as u64), context) };
    if handled(&mut interrupted) == Answer::NotMine {
        divert(&mut interrupted);
    }
}

fn handled(interrupted: &mut Interrupted<'_>) -> Answer {
    // The driver may touch the page, and it was not filled in: nothing happened, a step under way goes on.
    if interrupted.is_page_fault() && reopen(interrupted.address()) {
        return Answer::GoOn;
    }
    if let Some(after) = STEPPER.take() {
        interrupted.set_trap_flag(false);
        if interrupted.has_stepped() {
            return after(interrupted);
        }
    }
    // A fault of an instruction's copy is one of the instruction; if it may go on, the copy does.
    let (found, original) = (interrupted.rip(), breakpoint::original(interrupted.rip()));
    interrupted.set_rip(original);
    for handler in HANDLERS {
        if handler(interrupted) == Answer::GoOn {
            if interrupted.rip() == original {
                interrupted.set_rip(found);
            }
            return Answer::GoOn;
        }
    }
    Answer::NotMine
}

extern "C" fn on_tick(signal: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let entered = ENTERED.load(Ordering::Relaxed);
    if !IN_DRIVER.load(Ordering::Relaxed) || SEEN.swap(entered, Ordering::Relaxed) != entered {
        TICKS.store(0, Ordering::Relaxed);
        return;
    }
    if TICKS.fetch_add(1, Ordering::Relaxed) + 1 >= TICKS_TO_HANG {
        TICKS.store(0, Ordering::Relaxed);
        // SAFETY: this is the handler, and the context is its argument.
        divert(&mut unsafe { Interrupted::new(signal, Addr::NULL, context) });
    }
}

/// Makes the interrupted stack return from its coroutine with the trap, when the handler returns.
fn divert(interrupted: &mut Interrupted<'_>) {
    let Some(handler) = HANDLER.get() else { return };
    STEPPER.set(None);
    interrupted.set_trap_flag(false);
    let trap = interrupted.trap();
    // SAFETY: the stack is the one that `enter` announced, and it is still suspended in this handler. What
    // was on it is driver code and our thunk, which own nothing outside the arena.
    let TrapHandlerRegs { rip, rsp, rbp, rdi, rsi } = unsafe { handler.setup_trap_handler(move || trap) };
    interrupted.set_rip(Addr(rip));
    for (register, value) in
        [(Register::Rsp, rsp), (Register::Rbp, rbp), (Register::Rdi, rdi), (Register::Rsi, rsi)]
    {
        interrupted.set(register, value);
    }
    // The handler's code expects the direction flag clear, as every function does.
    interrupted.clear_direction();
}
