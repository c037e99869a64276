//! Instructions that only a kernel may execute, and memory that only a kernel has: emulated for drivers whose
//! compilers put them inline.
//!
//! `mov` from and to CR8 is what `KeGetCurrentIrql`, `KeRaiseIrql` and `KeLowerIrql` are inline; `gs:[…]` is the
//! processor's KPCR; 0xFFFFF78000000000 is `KUSER_SHARED_DATA`. What is not emulated ends the life with a message that
//! names the instruction, never with a guess.

mod instruction;
mod memory;
mod operation;

use super::{Kernel, bug_check::bug_check, ke};
use crate::{
    cpu::{Cause, Context, Interruption, Register},
    mem::{Addr, PAGE_SIZE},
    stop::Stop,
};
use instruction::{Decoded, Operation};

/// `KERNEL_SECURITY_CHECK_FAILURE`
const KERNEL_SECURITY_CHECK_FAILURE: u32 = 0x139;
/// The longest instruction, in bytes.
const LONGEST: u64 = 15;
/// The interrupt flag.
const INTERRUPT_FLAG: u64 = 0x200;

/// Emulates the instruction that faulted. `None`: it is none of those.
///
/// # Errors
/// What the instruction stops the machine with, and that it is one which is not emulated.
pub fn emulate(kernel: &mut Kernel, interruption: &Interruption) -> Result<Option<Context>, Stop> {
    let context = &interruption.context;
    let Some(bytes) = code_at(kernel, context.rip) else { return Ok(None) };
    let Some(decoded) = Decoded::of(&bytes, context.rip) else { return Ok(None) };
    let mut after = *context;
    after.rip = decoded.next();
    match decoded.operation() {
        Operation::ReadIrql(to) => after.set(to, u64::from(kernel.sched.irql())),
        // CAST: CR8 has four bits.
        Operation::WriteIrql(from) => ke::set_irql_inline(kernel, (context.get(from) & 15) as u8)?,
        // The flag is not kept: the simulated machine has no interrupts that a driver could hold off.
        Operation::SetInterrupts(on) => {
            let flags = context.rflags & !INTERRUPT_FLAG;
            after.rflags = if on { flags | INTERRUPT_FLAG } else { flags };
        }
        Operation::ReadModelSpecific => {
            let number = context.get(Register::Rcx) & 0xFFFF_FFFF;
            let Some(value) = memory::model_specific(kernel, number) else {
                return Err(not_emulated(kernel, context, &bytes, &format!("rdmsr of {number:#x}")));
            };
            after.set(Register::Rax, value & 0xFFFF_FFFF);
            after.set(Register::Rdx, value >> 32);
        }
        Operation::FastFail => return Err(fast_fail(kernel, context)),
        Operation::Assertion => {
            let text = format!("an assertion failed (int 2Ch) at {}", place(kernel, context.rip));
            return Err(bug_check(super::bug_check::KMODE_EXCEPTION_NOT_HANDLED, 0xC000_0420, text));
        }
        Operation::DebugService => {}
        Operation::Privileged => return Err(not_emulated(kernel, context, &bytes, &decoded.text())),
        Operation::Other => return memory::access(kernel, interruption, &decoded, after, &bytes),
    }
    Ok(Some(after))
}

/// The bytes of the image from an address on, as many as an instruction can have. `None` for what is not its code.
fn code_at(kernel: &Kernel, at: Addr) -> Option<Vec<u8>> {
    let (base, size) = kernel.mem.image()?;
    let offset = at.0.checked_sub(base.0).filter(|offset| *offset < size)?;
    let length = LONGEST.min(size.next_multiple_of(PAGE_SIZE) - offset);
    kernel.mem.bytes(at, length).ok().map(<[u8]>::to_vec)
}

/// `__fastfail`: its code is in `rcx`.
fn fast_fail(kernel: &Kernel, context: &Context) -> Stop {
    let code = context.get(Register::Rcx) & 0xFFFF_FFFF;
    let meaning = match code {
        0 => "a security cookie was overwritten, in a driver of an old compiler",
        2 => "a security cookie was overwritten (FAST_FAIL_STACK_COOKIE_CHECK_FAILURE)",
        3 => "a list is corrupt (FAST_FAIL_CORRUPT_LIST_ENTRY)",
        5 => "an argument that must not be (FAST_FAIL_INVALID_ARG)",
        6 => "the security cookie was not initialised (FAST_FAIL_GS_COOKIE_INIT)",
        7 => "the driver ended itself (FAST_FAIL_FATAL_APP_EXIT)",
        8 => "an index out of its range (FAST_FAIL_RANGE_CHECK_FAILURE)",
        _ => "winnt.h lists the codes",
    };
    let text = format!("fast fail {code} at {}: {meaning}", place(kernel, context.rip));
    bug_check(KERNEL_SECURITY_CHECK_FAILURE, code, text)
}

/// The message about an instruction that is not emulated.
fn not_emulated(kernel: &Kernel, context: &Context, bytes: &[u8], what: &str) -> Stop {
    let length = Decoded::of(bytes, context.rip).map_or(1, |decoded| decoded.length());
    let bytes: Vec<String> = bytes.iter().take(length).map(|byte| format!("{byte:02x}")).collect();
    let at = place(kernel, context.rip);
    Stop::Host(format!("not emulated: {what} at {at} (bytes {})", bytes.join(" ")))
}

/// Where an instruction lies, for a message.
fn place(kernel: &Kernel, at: Addr) -> String {
    kernel.site_of(at).map_or_else(|| at.to_string(), |site| site.to_string())
}

/// Whether a fault may be about memory that only a kernel has.
const fn may_be_memory(interruption: &Interruption) -> bool {
    !matches!(interruption.cause, Cause::Routine)
}
