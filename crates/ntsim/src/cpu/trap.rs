//! Faults of driver code, and loops that never leave it.

// UNSAFETY: installs signal handlers and changes the interrupted register context.
#![expect(unsafe_code, reason = "handles the processor's faults")]

use std::{
    cell::Cell,
    io, mem, ptr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use corosensei::trap::{CoroutineTrapHandler, TrapHandlerRegs};

use crate::mem::Addr;

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

/// Processor time between two looks at whether driver code still calls the kernel, in nanoseconds.
const TICK_NANOSECONDS: i64 = 50_000_000;
/// How many looks without a kernel call make a hang: a second of processor time.
const TICKS_TO_HANG: u64 = 20;

static ENTERED: AtomicU64 = AtomicU64::new(0);
static TICKS: AtomicU64 = AtomicU64::new(0);
static SEEN: AtomicU64 = AtomicU64::new(0);
static IN_DRIVER: AtomicBool = AtomicBool::new(false);

thread_local! {
    static HANDLER: Cell<Option<CoroutineTrapHandler<Trap>>> = const { Cell::new(None) };
}

/// Driver code runs from here on.
pub(super) fn enter(handler: CoroutineTrapHandler<Trap>) {
    HANDLER.set(Some(handler));
    ENTERED.fetch_add(1, Ordering::Relaxed);
    IN_DRIVER.store(true, Ordering::Relaxed);
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

/// Installs the handlers, and for this thread their stack and the clock that finds endless loops. A machine
/// runs on the thread that made it.
///
/// # Errors
/// What the host says when it refuses a handler or the clock.
pub fn install_handlers() -> io::Result<()> {
    static INSTALLED: OnceLock<Result<(), i32>> = OnceLock::new();
    thread_local! {
        static THIS_THREAD: Cell<bool> = const { Cell::new(false) };
    }
    let result = INSTALLED.get_or_init(|| install().map_err(|error| error.raw_os_error().unwrap_or(0)));
    result.map_err(io::Error::from_raw_os_error)?;
    if !THIS_THREAD.replace(true) {
        alternate_stack()?;
        start_clock()?;
    }
    Ok(())
}

fn install() -> io::Result<()> {
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP] {
        handle(signal, on_fault)?;
    }
    handle(libc::SIGVTALRM, on_tick)
}

/// A signal to this thread for every tick of processor time that it used.
fn start_clock() -> io::Result<()> {
    // SAFETY: all-zero is a valid sigevent.
    let mut event: libc::sigevent = unsafe { mem::zeroed() };
    event.sigev_notify = libc::SIGEV_THREAD_ID;
    event.sigev_signo = libc::SIGVTALRM;
    // SAFETY: asks for this thread's number and touches nothing.
    event.sigev_notify_thread_id = unsafe { libc::gettid() };
    let mut timer: libc::timer_t = ptr::null_mut();
    // SAFETY: both structures are valid for the call.
    check(unsafe { libc::timer_create(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut event, &raw mut timer) })?;
    let tick = libc::timespec { tv_sec: 0, tv_nsec: TICK_NANOSECONDS };
    let when = libc::itimerspec { it_interval: tick, it_value: tick };
    // SAFETY: the timer was just made; the old setting is not wanted.
    check(unsafe { libc::timer_settime(timer, 0, &raw const when, ptr::null_mut()) })
}

/// Driver stacks are small and may be what faulted, so the handlers have one of their own.
fn alternate_stack() -> io::Result<()> {
    const SIZE: usize = 64 << 10;
    let memory = Box::leak(vec![0_u8; SIZE].into_boxed_slice());
    let stack = libc::stack_t { ss_sp: memory.as_mut_ptr().cast(), ss_flags: 0, ss_size: SIZE };
    // SAFETY: the memory is leaked, so it outlives every handler.
    check(unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) })
}

type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

fn handle(signal: libc::c_int, handler: Handler) -> io::Result<()> {
    // SAFETY: all-zero is a valid sigaction.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
    // SAFETY: the handler has the signature that SA_SIGINFO wants and calls nothing that a handler may not.
    check(unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
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
    divert(signal, Addr(address as u64), context);
}

extern "C" fn on_tick(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let entered = ENTERED.load(Ordering::Relaxed);
    if !IN_DRIVER.load(Ordering::Relaxed) || SEEN.swap(entered, Ordering::Relaxed) != entered {
        TICKS.store(0, Ordering::Relaxed);
        return;
    }
    if TICKS.fetch_add(1, Ordering::Relaxed) + 1 >= TICKS_TO_HANG {
        TICKS.store(0, Ordering::Relaxed);
        divert(libc::SIGVTALRM, Addr::NULL, context);
    }
}

/// Makes the interrupted stack return from its coroutine with the trap, when the handler returns.
fn divert(signal: libc::c_int, address: Addr, context: *mut libc::c_void) {
    let Some(handler) = HANDLER.get() else { return };
    // SAFETY: with SA_SIGINFO the kernel passes the interrupted context, which is ours to change.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let registers = &mut context.uc_mcontext.gregs;
    let get = |register: libc::c_int| registers[index(register)].cast_unsigned();
    let instruction = get(libc::REG_RIP);
    let trap = Trap {
        kind: kind(signal, get(libc::REG_ERR), instruction, address.0),
        instruction: Addr(instruction),
        address,
        stack: Addr(get(libc::REG_RSP)),
        frame: Addr(get(libc::REG_RBP)),
    };
    // SAFETY: the stack is the one that `enter` announced, and it is still suspended in this handler. What
    // was on it is driver code and our thunk, which own nothing outside the arena.
    let TrapHandlerRegs { rip, rsp, rbp, rdi, rsi } = unsafe { handler.setup_trap_handler(move || trap) };
    for (register, value) in [
        (libc::REG_RIP, rip),
        (libc::REG_RSP, rsp),
        (libc::REG_RBP, rbp),
        (libc::REG_RDI, rdi),
        (libc::REG_RSI, rsi),
    ] {
        registers[index(register)] = value.cast_signed();
    }
    // The handler's code expects the direction flag clear, as every function does.
    registers[index(libc::REG_EFL)] &= !0x400;
}

/// Where a context keeps a register.
const fn index(register: libc::c_int) -> usize {
    register.cast_unsigned() as usize
}

const fn kind(signal: libc::c_int, error: u64, instruction: u64, address: u64) -> TrapKind {
    const WRITE: u64 = 2;
    const FETCH: u64 = 16;
    match signal {
        libc::SIGVTALRM => TrapKind::Hang,
        libc::SIGILL => TrapKind::IllegalInstruction,
        libc::SIGTRAP => TrapKind::Breakpoint,
        libc::SIGFPE => TrapKind::Arithmetic,
        _ if error & WRITE != 0 => TrapKind::Write,
        _ if error & FETCH != 0 || instruction == address => TrapKind::Execute,
        _ => TrapKind::Read,
    }
}
