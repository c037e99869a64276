//! What is done about driver code that a fault interrupted: an instruction that only a kernel may execute is
//! emulated, an exception is given to the driver's handlers, and anything else ends the life.

mod c_handler;
mod dispatch;
mod raise;
mod record;
mod unwind;

use std::{future::Future, pin::Pin};

pub use dispatch::Raised;
pub use unwind::FunctionTable;

use super::{Kernel, emulate, export::Export};
use crate::{
    cpu::{Cause, Context, Interruption, Register, TrapKind},
    mem::{Addr, SYSTEM_RANGE_START},
    sched::{Cpu, DISPATCH_LEVEL},
    stop::Stop,
};

/// `__C_specific_handler`, `ExRaiseStatus` and their siblings.
pub const EXPORTS: &[&[Export]] = &[c_handler::EXPORTS, raise::EXPORTS];

/// `STATUS_ACCESS_VIOLATION`
const ACCESS_VIOLATION: u32 = 0xC000_0005;
/// `STATUS_ILLEGAL_INSTRUCTION`
const ILLEGAL_INSTRUCTION: u32 = 0xC000_001D;
/// `STATUS_INTEGER_DIVIDE_BY_ZERO`
const INTEGER_DIVIDE_BY_ZERO: u32 = 0xC000_0094;
/// `STATUS_BREAKPOINT`
const BREAKPOINT: u32 = 0x8000_0003;

/// Gives the registers with which the driver goes on.
pub type Answer = Pin<Box<dyn Future<Output = Result<Context, Stop>>>>;

/// Answers an interruption. `raised` says what a kernel routine raises, if it was one.
#[must_use]
pub fn answer(cpu: Cpu, interruption: Interruption, raised: Option<Raised>) -> Answer {
    Box::pin(async move {
        if let Some(raised) = raised {
            let context = after_call(&cpu.look(), &interruption.context)?;
            return dispatch::dispatch(&cpu, &context, raised).await;
        }
        let emulated = emulate::emulate(&mut cpu.k(), &interruption)?;
        if let Some(context) = emulated {
            return Ok(context);
        }
        let raised = exception(&cpu.look(), &interruption);
        match raised {
            Some(raised) => dispatch::dispatch(&cpu, &at_instruction(&interruption), raised).await,
            None => Err(Stop::Trap(interruption.trap)),
        }
    })
}

/// The caller of a kernel routine: the thunk's registers are its own, but for the return address on top of its stack.
fn after_call(kernel: &Kernel, thunk: &Context) -> Result<Context, Stop> {
    let mut context = *thunk;
    context.rip = kernel.mem.read(thunk.stack())?;
    context.set(Register::Rsp, thunk.stack().add(8).0);
    Ok(context)
}

/// A breakpoint's exception happens at the instruction, and the processor is behind it.
const fn at_instruction(interruption: &Interruption) -> Context {
    let mut context = interruption.context;
    if matches!(interruption.trap.kind, TrapKind::Breakpoint) {
        context.rip = context.rip.sub(1);
    }
    context
}

/// The exception that a fault becomes. `None`: Windows stops at once, because the fault is about an address of the
/// kernel's, or happened where no page may be missing.
fn exception(kernel: &Kernel, interruption: &Interruption) -> Option<Raised> {
    const EXECUTE: u64 = 8;
    let trap = &interruption.trap;
    if interruption.cause == Cause::Protection {
        return Some(Raised::fault(ACCESS_VIOLATION, &[0, u64::MAX], *trap));
    }
    let (code, information) = match trap.kind {
        TrapKind::Read => (ACCESS_VIOLATION, 0),
        TrapKind::Write => (ACCESS_VIOLATION, 1),
        TrapKind::Execute => (ACCESS_VIOLATION, EXECUTE),
        TrapKind::IllegalInstruction => return Some(Raised::fault(ILLEGAL_INSTRUCTION, &[], *trap)),
        TrapKind::Arithmetic => return Some(Raised::fault(INTEGER_DIVIDE_BY_ZERO, &[], *trap)),
        TrapKind::Breakpoint => return Some(Raised::fault(BREAKPOINT, &[0], *trap)),
        TrapKind::Hang => return None,
    };
    let of_user_mode = trap.address < SYSTEM_RANGE_START && kernel.sched.irql() < DISPATCH_LEVEL;
    of_user_mode.then(|| Raised::fault(code, &[information, trap.address.0], *trap))
}

/// Where an instruction lies, for a message.
fn place(kernel: &Kernel, at: Addr) -> String {
    kernel.site_of(at).map_or_else(|| at.to_string(), |site| site.to_string())
}
