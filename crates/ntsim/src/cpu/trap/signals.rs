//! The host's signals: installing the handlers, their stack, and the clock.

// UNSAFETY: installs signal handlers.
#![expect(unsafe_code, reason = "installs signal handlers")]

use std::{cell::Cell, io, mem, ptr, sync::OnceLock};

use super::{on_fault, on_tick};

/// Processor time between two looks at whether driver code still calls the kernel, in nanoseconds.
const TICK_NANOSECONDS: i64 = 50_000_000;

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
    // One handler at a time: a clock's tick must not see another handler as the code that it interrupted.
    // SAFETY: the set is valid for writing.
    check(unsafe { libc::sigfillset(&raw mut action.sa_mask) })?;
    // SAFETY: the handler has the signature that SA_SIGINFO wants and calls nothing that a handler may not.
    check(unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
