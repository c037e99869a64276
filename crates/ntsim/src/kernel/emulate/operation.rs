//! What instructions do with a value from memory.

use iced_x86::{Mnemonic, OpKind};

use super::instruction::{Decoded, integer};
use crate::cpu::Context;

/// Whether an instruction was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It was.
    Yes,
    /// It is one that is not emulated; nothing was changed that matters.
    No,
}

const CARRY: u64 = 1;
const PARITY: u64 = 1 << 2;
const AUXILIARY: u64 = 1 << 4;
const ZERO: u64 = 1 << 6;
const SIGN: u64 = 1 << 7;
const OVERFLOW: u64 = 1 << 11;
const ARITHMETIC: u64 = CARRY | PARITY | AUXILIARY | ZERO | SIGN | OVERFLOW;

/// Carries out an instruction whose memory operand holds `value`. Those that compilers make of a read of a field:
/// moves, comparisons, and arithmetic into a register.
pub(super) fn load(decoded: &Decoded, value: u64, context: &mut Context) -> Done {
    let it = &decoded.instruction;
    let bits = it.memory_size().size() as u32 * 8;
    let value = value & mask(bits);
    match it.mnemonic() {
        Mnemonic::Mov | Mnemonic::Movzx => store(decoded, value, context),
        Mnemonic::Movsx | Mnemonic::Movsxd => store(decoded, extend(value, bits), context),
        Mnemonic::Cmp | Mnemonic::Test => {
            let is_first = it.op0_kind() == OpKind::Memory;
            let Some(other) = operand(decoded, u32::from(is_first), context) else { return Done::No };
            let other = other & mask(bits);
            let (left, right) = if is_first { (value, other) } else { (other, value) };
            let flags = if it.mnemonic() == Mnemonic::Cmp {
                difference(left, right, bits)
            } else {
                logic(left & right, bits)
            };
            set_flags(context, flags);
            Done::Yes
        }
        Mnemonic::Add | Mnemonic::Sub | Mnemonic::And | Mnemonic::Or | Mnemonic::Xor => {
            let Some(left) = operand(decoded, 0, context) else { return Done::No };
            let left = left & mask(bits);
            let (result, flags) = match it.mnemonic() {
                Mnemonic::Add => {
                    let sum = left.wrapping_add(value) & mask(bits);
                    (sum, addition(left, value, sum, bits))
                }
                Mnemonic::Sub => (left.wrapping_sub(value) & mask(bits), difference(left, value, bits)),
                Mnemonic::And => (left & value, logic(left & value, bits)),
                Mnemonic::Or => (left | value, logic(left | value, bits)),
                _ => (left ^ value, logic(left ^ value, bits)),
            };
            let done = store(decoded, result, context);
            set_flags(context, flags);
            done
        }
        _ => Done::No,
    }
}

const fn mask(bits: u32) -> u64 {
    if bits >= 64 { u64::MAX } else { (1 << bits) - 1 }
}

const fn extend(value: u64, bits: u32) -> u64 {
    let shift = 64_u32.saturating_sub(bits);
    ((value << shift).cast_signed() >> shift).cast_unsigned()
}

/// The value of an operand that is a register or a number.
fn operand(decoded: &Decoded, index: u32, context: &Context) -> Option<u64> {
    let it = &decoded.instruction;
    match it.try_op_kind(index).ok()? {
        OpKind::Register => {
            integer(it.try_op_register(index).ok()?).map(|(register, _)| context.get(register))
        }
        OpKind::Memory => None,
        _ => it.try_immediate(index).ok(),
    }
}

/// Writes the destination register: 32 bits clear the upper half, fewer leave the rest as it is.
fn store(decoded: &Decoded, value: u64, context: &mut Context) -> Done {
    let it = &decoded.instruction;
    if it.op0_kind() != OpKind::Register {
        return Done::No;
    }
    let Some((register, size)) = integer(it.op0_register()) else { return Done::No };
    let old = context.get(register);
    context.set(
        register,
        match size {
            8 => value,
            4 => value & mask(32),
            2 => old & !mask(16) | value & mask(16),
            _ => old & !mask(8) | value & mask(8),
        },
    );
    Done::Yes
}

const fn set_flags(context: &mut Context, flags: u64) {
    context.rflags = context.rflags & !ARITHMETIC | flags;
}

/// Flags that depend on the result only.
const fn of_result(result: u64, bits: u32) -> u64 {
    let mut flags = 0;
    if result == 0 {
        flags |= ZERO;
    }
    if result >> (bits - 1) & 1 != 0 {
        flags |= SIGN;
    }
    if (result & 0xFF).count_ones().is_multiple_of(2) {
        flags |= PARITY;
    }
    flags
}

const fn logic(result: u64, bits: u32) -> u64 {
    of_result(result, bits)
}

const fn difference(left: u64, right: u64, bits: u32) -> u64 {
    let result = left.wrapping_sub(right) & mask(bits);
    let mut flags = of_result(result, bits);
    if left < right {
        flags |= CARRY;
    }
    if (left ^ right ^ result) & 0x10 != 0 {
        flags |= AUXILIARY;
    }
    if ((left ^ right) & (left ^ result)) >> (bits - 1) & 1 != 0 {
        flags |= OVERFLOW;
    }
    flags
}

const fn addition(left: u64, right: u64, sum: u64, bits: u32) -> u64 {
    let mut flags = of_result(sum, bits);
    if sum < left {
        flags |= CARRY;
    }
    if (left ^ right ^ sum) & 0x10 != 0 {
        flags |= AUXILIARY;
    }
    if ((left ^ sum) & (right ^ sum)) >> (bits - 1) & 1 != 0 {
        flags |= OVERFLOW;
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::{CARRY, Done, OVERFLOW, SIGN, ZERO, difference, load};
    use crate::{
        cpu::{Context, Register},
        kernel::emulate::instruction::Decoded,
        mem::Addr,
    };

    fn context() -> Context {
        Context { registers: [0x1111_2222_3333_4444; 16], rip: Addr(0x1000), rflags: 0, xmm: [0; 16] }
    }

    fn after(bytes: &[u8], value: u64) -> Option<Context> {
        let decoded = Decoded::of(bytes, Addr(0x1000)).expect("an instruction");
        let mut context = context();
        (load(&decoded, value, &mut context) == Done::Yes).then_some(context)
    }

    #[test]
    fn moves_have_the_size_of_their_register() {
        let rax = |bytes: &[u8], value| after(bytes, value).map(|context| context.get(Register::Rax));
        // mov rax, gs:[188h]; mov eax, [rcx]; mov al, [rcx]; movzx eax, byte [rcx]; movsx rax, byte [rcx]
        let quad = [0x65, 0x48, 0x8B, 0x04, 0x25, 0x88, 0x01, 0, 0];
        assert_eq!(rax(&quad, 0xFFFF_8100_0000_1000), Some(0xFFFF_8100_0000_1000));
        assert_eq!(rax(&[0x8B, 0x01], 0x1_8000_0001), Some(0x8000_0001));
        assert_eq!(rax(&[0x8A, 0x01], 0xAB), Some(0x1111_2222_3333_44AB));
        assert_eq!(rax(&[0x0F, 0xB6, 0x01], 0x1AB), Some(0xAB));
        assert_eq!(rax(&[0x48, 0x0F, 0xBE, 0x01], 0x80), Some(0xFFFF_FFFF_FFFF_FF80));
    }

    #[test]
    fn comparisons_set_flags_as_the_processor_does() {
        assert_eq!(difference(1, 1, 32) & (ZERO | CARRY | SIGN | OVERFLOW), ZERO);
        assert_eq!(difference(0, 1, 32) & (ZERO | CARRY | SIGN | OVERFLOW), CARRY | SIGN);
        assert_eq!(difference(0x8000_0000, 1, 32) & (ZERO | CARRY | SIGN | OVERFLOW), OVERFLOW);
        // cmp dword ptr [rcx], 0Ah; cmp byte ptr [rcx], 0
        let flags = |bytes: &[u8], value| after(bytes, value).map(|context| context.rflags & (ZERO | CARRY));
        assert_eq!(flags(&[0x83, 0x39, 0x0A], 10), Some(ZERO));
        assert_eq!(flags(&[0x83, 0x39, 0x0A], 6), Some(CARRY));
        assert_eq!(flags(&[0x80, 0x39, 0x00], 0), Some(ZERO));
    }

    #[test]
    fn what_is_not_emulated_says_so() {
        // movdqu xmm0, [rcx]; imul eax, [rcx]
        assert_eq!(after(&[0xF3, 0x0F, 0x6F, 0x01], 0), None);
        assert_eq!(after(&[0x0F, 0xAF, 0x01], 0), None);
    }
}
