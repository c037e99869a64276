//! Scheduling points at the driver's own atomic instructions.
//!
//! A breakpoint on such an instruction sends the driver to the instruction's stub: it calls [`suspend`], which
//! leaves the coroutine with [`Left::Atomic`](super::Left::Atomic), then executes a copy of the instruction, then goes
//! back. The stub's `call` and what is saved lie below the driver's stack pointer, where the x64 convention of
//! Windows keeps nothing. The upper halves of the `ymm` registers are not kept: a driver may use them only between
//! `KeSaveExtendedProcessorState` and its counterpart.

// UNSAFETY: machine code that runs in the middle of a function of the driver's.
#![expect(unsafe_code, reason = "keeps every register of interrupted driver code")]

use std::arch::naked_asm;

use super::coroutine::on_atomic;
use crate::mem::{Addr, STUBS_BASE, STUBS_SIZE};

/// Bytes of a stub: the call, the copy (15 bytes at most), the jump back, and two addresses.
pub const STUB_SIZE: usize = 48;
/// Where the copy begins in a stub: behind the call.
pub const COPY_OFFSET: usize = 6;

/// Where stub number `number` lies.
pub(super) const fn stub_address(number: u32) -> Addr {
    STUBS_BASE.add(number as u64 * STUB_SIZE as u64)
}

/// The number of the stub that holds an address.
pub(super) fn stub_at(address: Addr) -> Option<usize> {
    let offset = address.0.checked_sub(STUBS_BASE.0).filter(|offset| *offset < STUBS_SIZE)?;
    usize::try_from(offset / STUB_SIZE as u64).ok()
}

/// The stub for a copy of an instruction that fits `COPY_OFFSET` in stub number `number`, and goes on at `next`.
/// `None`: the copy is too long.
#[must_use]
pub fn stub(copy: &[u8], next: Addr) -> Option<[u8; STUB_SIZE]> {
    const SUSPEND: usize = STUB_SIZE - 16;
    const NEXT: usize = STUB_SIZE - 8;
    let relative = |from: usize, to: usize| u32::try_from(to - from).unwrap_or(0).to_le_bytes();
    let jump = COPY_OFFSET + copy.len();
    if jump + 6 > SUSPEND {
        return None;
    }
    let suspend: unsafe extern "C" fn() = suspend;
    let parts: [(usize, &[u8]); 7] = [
        // call [rip + …]
        (0, &[0xFF, 0x15]),
        (2, &relative(COPY_OFFSET, SUSPEND)),
        (COPY_OFFSET, copy),
        // jmp [rip + …]
        (jump, &[0xFF, 0x25]),
        (jump + 2, &relative(jump + 6, NEXT)),
        (SUSPEND, &(suspend as usize as u64).to_le_bytes()),
        (NEXT, &next.0.to_le_bytes()),
    ];
    let mut stub = [0xCC; STUB_SIZE];
    for (at, bytes) in parts {
        stub.get_mut(at..at + bytes.len())?.copy_from_slice(bytes);
    }
    Some(stub)
}

/// The address where `stub_address` plus `COPY_OFFSET` lies: what the copy is encoded for.
#[must_use]
pub const fn copy_address(number: u32) -> Addr {
    stub_address(number).add(COPY_OFFSET as u64)
}

/// Suspends the coroutine, and keeps every register and flag.
///
/// # Safety
/// Called by stubs only, on a driver's stack.
#[unsafe(naked)]
unsafe extern "C" fn suspend() {
    naked_asm!(
        "pushfq",
        "cld",
        "push rax",
        "push rcx",
        "push rdx",
        "push rsi",
        "push rdi",
        "push r8",
        "push r9",
        "push r10",
        "push r11",
        "push rbp",
        "mov rbp, rsp",
        "sub rsp, 256",
        "and rsp, -16",
        "movaps [rsp], xmm0",
        "movaps [rsp + 16], xmm1",
        "movaps [rsp + 32], xmm2",
        "movaps [rsp + 48], xmm3",
        "movaps [rsp + 64], xmm4",
        "movaps [rsp + 80], xmm5",
        "movaps [rsp + 96], xmm6",
        "movaps [rsp + 112], xmm7",
        "movaps [rsp + 128], xmm8",
        "movaps [rsp + 144], xmm9",
        "movaps [rsp + 160], xmm10",
        "movaps [rsp + 176], xmm11",
        "movaps [rsp + 192], xmm12",
        "movaps [rsp + 208], xmm13",
        "movaps [rsp + 224], xmm14",
        "movaps [rsp + 240], xmm15",
        // The stub's return address, behind eleven saved words.
        "mov rdi, [rbp + 88]",
        "call {on_atomic}",
        "movaps xmm0, [rsp]",
        "movaps xmm1, [rsp + 16]",
        "movaps xmm2, [rsp + 32]",
        "movaps xmm3, [rsp + 48]",
        "movaps xmm4, [rsp + 64]",
        "movaps xmm5, [rsp + 80]",
        "movaps xmm6, [rsp + 96]",
        "movaps xmm7, [rsp + 112]",
        "movaps xmm8, [rsp + 128]",
        "movaps xmm9, [rsp + 144]",
        "movaps xmm10, [rsp + 160]",
        "movaps xmm11, [rsp + 176]",
        "movaps xmm12, [rsp + 192]",
        "movaps xmm13, [rsp + 208]",
        "movaps xmm14, [rsp + 224]",
        "movaps xmm15, [rsp + 240]",
        "mov rsp, rbp",
        "pop rbp",
        "pop r11",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop rdi",
        "pop rsi",
        "pop rdx",
        "pop rcx",
        "pop rax",
        "popfq",
        "ret",
        on_atomic = sym on_atomic,
    )
}
