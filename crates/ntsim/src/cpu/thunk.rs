//! One thunk for each import: where the driver's calls into the kernel land.

// UNSAFETY: defines the machine code that every import is bound to, and reads its address.
#![expect(unsafe_code, reason = "the thunks are machine code")]

use std::arch::{global_asm, naked_asm};

use super::{coroutine::on_import, exception::raise_point};
use crate::mem::Addr;

/// How many imports an image may have.
pub const THUNKS: usize = 2048;
const THUNK_SIZE: u64 = 8;

global_asm!(
    ".text",
    ".globl ntsim_thunks",
    ".hidden ntsim_thunks",
    ".p2align 4",
    "ntsim_thunks:",
    ".rept {count}",
    ".p2align 3, 0x90",
    "call {common}",
    ".endr",
    ".p2align 3, 0x90",
    count = const THUNKS,
    common = sym import_common,
);

unsafe extern "C" {
    static ntsim_thunks: u8;
}

/// Where every thunk ends up. Stores the four register arguments to their home slots, so that all arguments
/// are one array (variadic functions included), saves what the host's convention would lose, and calls
/// [`on_import`] with the thunk, the arguments and the return address.
///
/// # Safety
/// Reached only from a thunk, on a driver's stack.
#[unsafe(naked)]
unsafe extern "C" fn import_common() {
    naked_asm!(
        "pop rax",
        "mov [rsp + 8], rcx",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], r8",
        "mov [rsp + 32], r9",
        "push rbp",
        "mov rbp, rsp",
        "push rdi",
        "push rsi",
        "sub rsp, 160",
        "and rsp, -16",
        "movaps [rsp], xmm6",
        "movaps [rsp + 16], xmm7",
        "movaps [rsp + 32], xmm8",
        "movaps [rsp + 48], xmm9",
        "movaps [rsp + 64], xmm10",
        "movaps [rsp + 80], xmm11",
        "movaps [rsp + 96], xmm12",
        "movaps [rsp + 112], xmm13",
        "movaps [rsp + 128], xmm14",
        "movaps [rsp + 144], xmm15",
        "mov rdi, rax",
        "lea rsi, [rbp + 16]",
        "mov rdx, [rbp + 8]",
        "call {on_import}",
        "movaps xmm6, [rsp]",
        "movaps xmm7, [rsp + 16]",
        "movaps xmm8, [rsp + 32]",
        "movaps xmm9, [rsp + 48]",
        "movaps xmm10, [rsp + 64]",
        "movaps xmm11, [rsp + 80]",
        "movaps xmm12, [rsp + 96]",
        "movaps xmm13, [rsp + 112]",
        "movaps xmm14, [rsp + 128]",
        "movaps xmm15, [rsp + 144]",
        "mov rdi, [rbp - 8]",
        "mov rsi, [rbp - 16]",
        "mov rsp, rbp",
        "pop rbp",
        // The second half of the answer: whether the call raises an exception.
        "test rdx, rdx",
        "jnz {raise_point}",
        "ret",
        on_import = sym on_import,
        raise_point = sym raise_point,
    )
}

/// The address that import number `index` is bound to.
///
/// # Panics
/// When `index` is [`THUNKS`] or more.
#[must_use]
pub fn thunk_address(index: usize) -> Addr {
    assert!(index < THUNKS, "more imports than thunks");
    let base = &raw const ntsim_thunks;
    Addr(base as u64 + index as u64 * THUNK_SIZE)
}

/// The number of the thunk whose `call` pushed `pushed`.
pub(super) fn index_of(pushed: u64) -> usize {
    let base = &raw const ntsim_thunks;
    // The call is five bytes long, the thunk eight.
    let offset = pushed.wrapping_sub(base as u64);
    (offset / THUNK_SIZE) as usize
}
