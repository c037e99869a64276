//! `__chkstk`: what a compiler calls at the start of a function whose frame is larger than a page.

// UNSAFETY: machine code that driver code runs on its own stack; its convention is not a function's.
#![expect(unsafe_code, reason = "the stack probe is machine code")]

use std::arch::naked_asm;

use crate::mem::Addr;

/// Touches every page of a frame of `rax` bytes below the caller's, from above, so that a frame that is too
/// large meets the guard page and does not reach over it. Keeps every register.
///
/// # Safety
/// Called by driver code only, by its own convention.
#[unsafe(naked)]
unsafe extern "C" fn probe() {
    naked_asm!(
        "push r10",
        "push r11",
        // Two registers and the return address lie above the stack pointer.
        "lea r10, [rsp + 24]",
        "mov r11, r10",
        "sub r11, rax",
        "2:",
        "sub r10, 4096",
        "cmp r10, r11",
        "jbe 3f",
        "test byte ptr [r10], 0",
        "jmp 2b",
        "3:",
        "test byte ptr [r11], 0",
        "pop r11",
        "pop r10",
        "ret",
    )
}

/// Where `__chkstk` lies.
#[must_use]
pub fn stack_probe() -> Addr {
    let probe: unsafe extern "C" fn() = probe;
    Addr(probe as usize as u64)
}
