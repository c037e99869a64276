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
//!
//! The comparison may be missing, when the compiler knows that the index is in range. A table ends at the latest where the
//! next thing begins that the code has the address of, and before an entry that leads out of the function.

use std::collections::BTreeSet;

use iced_x86::{Instruction, Mnemonic, OpKind, Register};

use super::{Code, Window};

/// The largest table that is believed.
const MOST_ENTRIES: u64 = 4096;
/// The largest table without a comparison that is believed.
const MOST_UNBOUNDED: u64 = 32;

/// The places that the jump at the window's end, somewhere in the function of `place`, can go to.
///
/// `known`: what the code has the address of. `fits`: whether an instruction may begin at a place, for all that is known.
pub(super) fn targets(
    code: &Code<'_>,
    window: &Window,
    place: u32,
    known: &BTreeSet<u32>,
    fits: impl Fn(u32) -> bool,
) -> Option<Vec<u32>> {
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
    let end = known.range(table.checked_add(1)?..).next().copied().unwrap_or(u32::MAX);
    let room = u64::from(end - table) / 4;
    let count = match bound(window, load.memory_index()) {
        Some(count) => count.min(room),
        // What follows the last table of an image may be anything.
        None if room <= MOST_UNBOUNDED => room,
        None => return None,
    };
    let inside = code.first(place)..code.limit(place);
    let entry = |index: u64| code.word(table.checked_add(u32::try_from(index * 4).ok()?)?);
    let targets = (0..count).map_while(entry).map(|entry| origin.wrapping_add(entry));
    let targets: Vec<u32> = targets.take_while(|target| inside.contains(target) && fits(*target)).collect();
    (!targets.is_empty()).then_some(targets)
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

/// How many entries the table has, by the last comparison that decides a branch before the jump, if it is one of the
/// index.
fn bound(window: &Window, index: Register) -> Option<u64> {
    let branch = window.iter().rposition(|it| {
        matches!(it.mnemonic(), Mnemonic::Ja | Mnemonic::Jae | Mnemonic::Jb | Mnemonic::Jbe)
    })?;
    let compare = window.get(branch.checked_sub(1)?)?;
    let of_index = compare.mnemonic() == Mnemonic::Cmp
        && compare.op0_kind() == OpKind::Register
        && compare.op0_register().full_register() == index.full_register();
    if !of_index || !is_immediate(compare.op1_kind()) {
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
        OpKind::Immediate8
            | OpKind::Immediate16
            | OpKind::Immediate32
            | OpKind::Immediate8to32
            | OpKind::Immediate8to64
            | OpKind::Immediate32to64
            | OpKind::Immediate8to16
    )
}
