//! What a signal handler may see and change of the driver code that it interrupted.

// UNSAFETY: takes the context that the host's kernel passes to a signal handler, and only there.
#![expect(unsafe_code, reason = "looks at the interrupted registers")]

use super::{
    exception::Context,
    trap::{Trap, TrapKind},
};
use crate::mem::Addr;

/// A register of the processor, in the order in which instructions number them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// `rax`
    Rax,
    /// `rcx`
    Rcx,
    /// `rdx`
    Rdx,
    /// `rbx`
    Rbx,
    /// `rsp`
    Rsp,
    /// `rbp`
    Rbp,
    /// `rsi`
    Rsi,
    /// `rdi`
    Rdi,
    /// `r8`
    R8,
    /// `r9`
    R9,
    /// `r10`
    R10,
    /// `r11`
    R11,
    /// `r12`
    R12,
    /// `r13`
    R13,
    /// `r14`
    R14,
    /// `r15`
    R15,
}

impl Register {
    /// The register with this number in an instruction.
    #[must_use]
    pub const fn numbered(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Rax,
            1 => Self::Rcx,
            2 => Self::Rdx,
            3 => Self::Rbx,
            4 => Self::Rsp,
            5 => Self::Rbp,
            6 => Self::Rsi,
            7 => Self::Rdi,
            8 => Self::R8,
            9 => Self::R9,
            10 => Self::R10,
            11 => Self::R11,
            12 => Self::R12,
            13 => Self::R13,
            14 => Self::R14,
            15 => Self::R15,
            _ => return None,
        })
    }

    const fn place(self) -> usize {
        let register = match self {
            Self::Rax => libc::REG_RAX,
            Self::Rcx => libc::REG_RCX,
            Self::Rdx => libc::REG_RDX,
            Self::Rbx => libc::REG_RBX,
            Self::Rsp => libc::REG_RSP,
            Self::Rbp => libc::REG_RBP,
            Self::Rsi => libc::REG_RSI,
            Self::Rdi => libc::REG_RDI,
            Self::R8 => libc::REG_R8,
            Self::R9 => libc::REG_R9,
            Self::R10 => libc::REG_R10,
            Self::R11 => libc::REG_R11,
            Self::R12 => libc::REG_R12,
            Self::R13 => libc::REG_R13,
            Self::R14 => libc::REG_R14,
            Self::R15 => libc::REG_R15,
        };
        register.cast_unsigned() as usize
    }
}

/// `rflags`: the processor traps after each instruction.
const TRAP_FLAG: u64 = 0x100;
/// `rflags`: string instructions count down.
const DIRECTION_FLAG: u64 = 0x400;
/// Exception 1, which the trap flag causes.
const DEBUG_EXCEPTION: u64 = 1;
/// Exception 3, which `int3` causes.
const BREAKPOINT_EXCEPTION: u64 = 3;

/// Driver code that a signal interrupted. What is changed here is what it goes on with.
pub struct Interrupted<'a> {
    registers: &'a mut [libc::greg_t; 23],
    floating: Option<&'a mut libc::_libc_fpstate>,
    signal: libc::c_int,
    address: Addr,
}

impl std::fmt::Debug for Interrupted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interrupted")
            .field("kind", &self.kind())
            .field("rip", &self.rip())
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Interrupted<'_> {
    /// Takes what the host's kernel passed to a handler.
    ///
    /// # Safety
    /// `context` is the third argument of a handler with `SA_SIGINFO` that has not returned.
    pub(super) unsafe fn new(signal: libc::c_int, address: Addr, context: *mut libc::c_void) -> Self {
        // SAFETY: the caller passes the interrupted context, which is the handler's to change.
        let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
        // SAFETY: the host's kernel saved these registers too and points to them, in the same frame; or to nothing.
        let floating = unsafe { context.uc_mcontext.fpregs.as_mut() };
        Self { registers: &mut context.uc_mcontext.gregs, floating, signal, address }
    }

    const fn raw(&self, register: libc::c_int) -> u64 {
        self.registers[register.cast_unsigned() as usize].cast_unsigned()
    }

    const fn set_raw(&mut self, register: libc::c_int, value: u64) {
        self.registers[register.cast_unsigned() as usize] = value.cast_signed();
    }

    /// A register.
    #[must_use]
    pub const fn get(&self, register: Register) -> u64 {
        self.registers[register.place()].cast_unsigned()
    }

    /// Changes a register.
    pub const fn set(&mut self, register: Register, value: u64) {
        self.registers[register.place()] = value.cast_signed();
    }

    /// Where the processor was: at the instruction that faulted, or behind an `int3` or a step.
    #[must_use]
    pub const fn rip(&self) -> Addr {
        Addr(self.raw(libc::REG_RIP))
    }

    /// Makes the driver go on elsewhere.
    pub const fn set_rip(&mut self, address: Addr) {
        self.set_raw(libc::REG_RIP, address.0);
    }

    /// `rflags`
    #[must_use]
    pub const fn rflags(&self) -> u64 {
        self.raw(libc::REG_EFL)
    }

    /// Changes `rflags`.
    pub const fn set_rflags(&mut self, flags: u64) {
        self.set_raw(libc::REG_EFL, flags);
    }

    /// Whether the processor traps after the next instruction. Ask for it with
    /// [`step`](super::trap::step), so that the trap finds its way back.
    pub const fn set_trap_flag(&mut self, on: bool) {
        let flags = self.rflags() & !TRAP_FLAG;
        self.set_rflags(if on { flags | TRAP_FLAG } else { flags });
    }

    /// Clears the direction flag, as every function expects it.
    pub(super) const fn clear_direction(&mut self) {
        self.set_rflags(self.rflags() & !DIRECTION_FLAG);
    }

    /// The error code of a page fault: bit 1 is set for a write, bit 4 for an instruction fetch.
    #[must_use]
    pub const fn error_code(&self) -> u64 {
        self.raw(libc::REG_ERR)
    }

    /// The address that a page fault touched. Zero for a general protection fault, which has none.
    #[must_use]
    pub const fn address(&self) -> Addr {
        self.address
    }

    /// Whether an access to memory faulted.
    #[must_use]
    pub const fn is_memory(&self) -> bool {
        matches!(self.signal, libc::SIGSEGV | libc::SIGBUS)
    }

    /// The number of the processor's exception.
    #[must_use]
    pub const fn exception(&self) -> u64 {
        self.raw(libc::REG_TRAPNO)
    }

    /// All registers.
    pub(super) fn take(&self) -> Context {
        let mut context =
            Context { registers: [0; 16], rip: self.rip(), rflags: self.rflags(), xmm: [0; 16] };
        for (number, value) in (0..).zip(context.registers.iter_mut()) {
            *value = Register::numbered(number).map_or(0, |register| self.get(register));
        }
        if let Some(floating) = &self.floating {
            for (to, from) in context.xmm.iter_mut().zip(&floating._xmm) {
                let [a, b, c, d] = from.element.map(u128::from);
                *to = a | b << 32 | c << 64 | d << 96;
            }
        }
        context
    }

    /// Changes all registers.
    pub(super) fn put(&mut self, context: &Context) {
        for (number, value) in (0..).zip(&context.registers) {
            if let Some(register) = Register::numbered(number) {
                self.set(register, *value);
            }
        }
        self.set_rip(context.rip);
        self.set_rflags(context.rflags);
        if let Some(floating) = &mut self.floating {
            for (to, from) in floating._xmm.iter_mut().zip(&context.xmm) {
                to.element =
                    [0, 32, 64, 96].map(|shift| u32::try_from((from >> shift) & 0xFFFF_FFFF).unwrap_or(0));
            }
        }
    }

    /// What ends the driver's code if nobody takes care of it.
    pub(super) const fn trap(&self) -> Trap {
        Trap {
            kind: self.kind(),
            instruction: self.rip(),
            address: self.address,
            stack: Addr(self.get(Register::Rsp)),
            frame: Addr(self.get(Register::Rbp)),
        }
    }

    /// Whether it touched a page that is not accessible.
    pub(super) const fn is_page_fault(&self) -> bool {
        matches!(self.signal, libc::SIGBUS | libc::SIGSEGV)
    }

    /// Whether this is the trap after a single step.
    #[must_use]
    pub const fn has_stepped(&self) -> bool {
        self.signal == libc::SIGTRAP && self.raw(libc::REG_TRAPNO) == DEBUG_EXCEPTION
    }

    /// Whether this is an `int3`.
    #[must_use]
    pub const fn is_breakpoint(&self) -> bool {
        self.signal == libc::SIGTRAP && self.raw(libc::REG_TRAPNO) == BREAKPOINT_EXCEPTION
    }

    /// What kind of trap it will be if nobody takes care of it.
    #[must_use]
    pub const fn kind(&self) -> TrapKind {
        const WRITE: u64 = 2;
        const FETCH: u64 = 16;
        match self.signal {
            libc::SIGVTALRM => TrapKind::Hang,
            libc::SIGILL => TrapKind::IllegalInstruction,
            libc::SIGTRAP => TrapKind::Breakpoint,
            libc::SIGFPE => TrapKind::Arithmetic,
            _ if self.error_code() & WRITE != 0 => TrapKind::Write,
            _ if self.error_code() & FETCH != 0 || self.rip().0 == self.address.0 => TrapKind::Execute,
            _ => TrapKind::Read,
        }
    }
}
