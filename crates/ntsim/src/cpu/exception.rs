//! Driver code that a fault interrupted and that may go on: its registers are kept, the simulator looks at them on
//! its own stack, calls what it has to call, and lets the driver go on with the registers that it chose.
//!
//! The last of the fault handlers. It takes the registers, and makes the interrupted stack call
//! [`on_interruption`], below everything that lies on it. That suspends as a kernel call does. Going on is a fault
//! again, at a place that the handler knows: it puts every register back.

// UNSAFETY: the places that the handler knows are machine code, and their addresses are read.
#![expect(unsafe_code, reason = "has machine code that traps on purpose")]

use std::{arch::naked_asm, cell::Cell};

use super::{
    context::{Interrupted, Register},
    coroutine::on_interruption,
    trap::{self, Answer, Trap, TrapKind},
};
use crate::mem::{Addr, PAGE_SIZE};

/// The registers of driver code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The integer registers, in the order in which instructions number them.
    pub registers: [u64; 16],
    /// The instruction.
    pub rip: Addr,
    /// The flags.
    pub rflags: u64,
    /// `xmm0` to `xmm15`.
    pub xmm: [u128; 16],
}

impl Context {
    const NONE: Self = Self { registers: [0; 16], rip: Addr::NULL, rflags: 0, xmm: [0; 16] };

    /// A register.
    #[must_use]
    pub const fn get(&self, register: Register) -> u64 {
        self.registers[register as usize]
    }

    /// Changes a register.
    pub const fn set(&mut self, register: Register, value: u64) {
        self.registers[register as usize] = value;
    }

    /// `rsp`
    #[must_use]
    pub const fn stack(&self) -> Addr {
        Addr(self.get(Register::Rsp))
    }
}

/// Why driver code was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A fault.
    Fault,
    /// A general protection fault: the processor does not say which address it was about, if any.
    Protection,
    /// A kernel routine that it called raises an exception.
    Routine,
}

/// Driver code that was interrupted.
#[derive(Clone, Copy, Debug)]
pub struct Interruption {
    /// Its registers. After [`Cause::Routine`] `rip` and `rsp` are those of the thunk.
    pub context: Context,
    /// Why.
    pub cause: Cause,
    /// The fault, for the case that nobody wants the driver to go on.
    pub trap: Trap,
}

/// What lies between the interrupted frame and whatever runs below it: room for what exception handlers are given.
pub const RECORD_ROOM: u64 = 0x600;
/// Stack that must be left below that.
const ROOM: u64 = RECORD_ROOM + 0xA00;
/// Exception 13.
const GENERAL_PROTECTION: u64 = 13;

thread_local! {
    /// The registers that were taken last, or those to go on with.
    static CONTEXT: Cell<Context> = const { Cell::new(Context::NONE) };
    static CAUSE: Cell<Cause> = const { Cell::new(Cause::Fault) };
    static TRAP: Cell<Trap> = const {
        Cell::new(Trap {
            kind: TrapKind::Read,
            instruction: Addr::NULL,
            address: Addr::NULL,
            stack: Addr::NULL,
            frame: Addr::NULL,
        })
    };
}

/// Where driver code goes on with other registers.
///
/// # Safety
/// Reached on a driver's stack only, after [`go_on_with`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn continue_point() -> ! {
    naked_asm!("int3", "ud2")
}

/// Where a kernel call ends that raises an exception, with the caller's registers and the return address on top of
/// the stack.
///
/// # Safety
/// Reached from the thunks only.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn raise_point() {
    naked_asm!("int3", "ud2")
}

/// The address behind the `int3` of one of the two.
const fn behind(point: usize) -> Addr {
    Addr(point as u64 + 1)
}

/// Where the room for records begins, below an interrupted frame.
#[must_use]
pub const fn record_room(stack: Addr) -> Addr {
    Addr((stack.0.wrapping_sub(RECORD_ROOM)) & !15)
}

/// What was interrupted last on this thread.
#[must_use]
pub fn interruption() -> Interruption {
    Interruption { context: CONTEXT.get(), cause: CAUSE.get(), trap: TRAP.get() }
}

/// The registers with which the driver goes on, when it is resumed with [`Resume::Continue`](super::Resume).
pub fn go_on_with(context: &Context) {
    CONTEXT.set(*context);
}

/// The last of the fault handlers.
pub(super) fn handle(interrupted: &mut Interrupted<'_>) -> Answer {
    let go_on: unsafe extern "C" fn() -> ! = continue_point;
    let raise: unsafe extern "C" fn() = raise_point;
    let breakpoint = interrupted.kind() == TrapKind::Breakpoint;
    if breakpoint && interrupted.rip() == behind(go_on as usize) {
        interrupted.put(&CONTEXT.get());
        return Answer::GoOn;
    }
    let stack = interrupted.get(Register::Rsp);
    if !trap::is_in_stack(stack) || !trap::is_in_stack(stack.wrapping_sub(ROOM + PAGE_SIZE)) {
        return Answer::NotMine;
    }
    CAUSE.set(if breakpoint && interrupted.rip() == behind(raise as usize) {
        Cause::Routine
    } else if interrupted.exception() == GENERAL_PROTECTION {
        Cause::Protection
    } else {
        Cause::Fault
    });
    CONTEXT.set(interrupted.take());
    TRAP.set(interrupted.trap());
    let entry: extern "sysv64" fn() -> ! = on_interruption;
    interrupted.set_rip(Addr(entry as usize as u64));
    // As after a call: eight bytes off the alignment.
    interrupted.set(Register::Rsp, record_room(Addr(stack)).0 - 8);
    interrupted.clear_direction();
    Answer::GoOn
}
