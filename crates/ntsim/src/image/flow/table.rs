//! Jump tables: where `jmp reg` may go, when the code before it shows table and bound.
//!
//! Compilers add a 32-bit entry to the table's address (LLVM, GCC) or to the image's base (MSVC):
//!
//! ```text
//! cmp  idx, last
//! ja   default
//! lea  base, [rip + …]
//! movsxd r, dword ptr [base + idx * 4 + displacement]
//! add  r, base
//! jmp  r
//! ```

use iced_x86::{Instruction, Mnemonic, OpKind, Register};

use super::{Code, Window};

/// The largest table that is believed.
const MOST_ENTRIES: u64 = 4096;

/// The places that the jump at the window's end, somewhere in the function of `place`, can go to.
pub(super) fn targets(code: &Code<'_>, window: &Window, place: u32) -> Option<Vec<u32>> {
    let jump = window.back()?;
    if jump.op0_kind() != OpKind::Register {
        return None;
    }
    let pointer = jump.op0_register().full_register();
    let before = || window.iter().rev().skip(1);
    let load = before().find(|it| is_load(it, pointer))?;
    let base = load.memory_base().full_register();
    before().find(|it| is_sum(it, pointer, base))?;
    let lea = before().find(|it| {
        it.mnemonic() == Mnemonic::Lea && it.is_ip_rel_memory_operand() && it.op0_register() == base
    })?;
    let origin = code.offset(lea.ip_rel_memory_address())?;
    let table = u32::try_from(u64::from(origin).wrapping_add(load.memory_displacement64())).ok()?;
    let count = bound(window)?;
    let limit = code.limit(place);
    let start = super::holder(&code.functions, place).map_or(0, |function| function.start);
    (0..count)
        .map(|index| {
            let entry = code.word(table.checked_add(u32::try_from(index * 4).ok()?)?)?;
            let target = origin.wrapping_add(entry);
            (start..limit).contains(&target).then_some(target)
        })
        .collect()
}

/// `movsxd r, [base + idx * 4 + …]` or `mov r32, …`
fn is_load(instruction: &Instruction, pointer: Register) -> bool {
    matches!(instruction.mnemonic(), Mnemonic::Movsxd | Mnemonic::Mov)
        && instruction.op0_kind() == OpKind::Register
        && instruction.op1_kind() == OpKind::Memory
        && instruction.op0_register().full_register() == pointer
        && instruction.memory_index_scale() == 4
        && instruction.memory_index() != Register::None
        && instruction.memory_base() != Register::None
}

/// `add r, base`
fn is_sum(instruction: &Instruction, pointer: Register, base: Register) -> bool {
    instruction.mnemonic() == Mnemonic::Add
        && instruction.op0_kind() == OpKind::Register
        && instruction.op1_kind() == OpKind::Register
        && instruction.op0_register() == pointer
        && instruction.op1_register() == base
}

/// How many entries the table has, by the last comparison that decides a branch before the jump.
fn bound(window: &Window) -> Option<u64> {
    let branch = window.iter().rposition(|it| {
        matches!(it.mnemonic(), Mnemonic::Ja | Mnemonic::Jae | Mnemonic::Jb | Mnemonic::Jbe)
    })?;
    let compare = window.get(branch.checked_sub(1)?)?;
    if compare.mnemonic() != Mnemonic::Cmp || !is_immediate(compare.op1_kind()) {
        return None;
    }
    let last = compare.immediate(1);
    // Of `ja` and `jbe`, one leads to the table when the index is at most the number; of `jae` and `jb`, when it is below.
    let including = matches!(window.get(branch)?.mnemonic(), Mnemonic::Ja | Mnemonic::Jbe);
    let count = if including { last.checked_add(1)? } else { last };
    (count <= MOST_ENTRIES).then_some(count)
}

const fn is_immediate(kind: OpKind) -> bool {
    matches!(
        kind,
        OpKind::Immediate8 | OpKind::Immediate16 | OpKind::Immediate32 | OpKind::Immediate8to32
            | OpKind::Immediate8to64 | OpKind::Immediate32to64 | OpKind::Immediate8to16
    )
}
