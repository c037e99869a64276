//! One instruction, decoded.

use iced_x86::{Code, Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter, Mnemonic, OpKind};

use crate::{
    cpu::{Context, Register},
    mem::Addr,
};

/// What an instruction does, as far as the emulation tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// `mov register, cr8`
    ReadIrql(Register),
    /// `mov cr8, register`
    WriteIrql(Register),
    /// `sti` and `cli`
    SetInterrupts(bool),
    /// `rdmsr`
    ReadModelSpecific,
    /// `int 29h`
    FastFail,
    /// `int 2Ch`
    Assertion,
    /// `int 2Dh`, which tells a debugger something; there is none.
    DebugService,
    /// What else a user's program may not do.
    Privileged,
    /// Anything a user's program may do.
    Other,
}

/// A decoded instruction.
pub(super) struct Decoded {
    pub(super) instruction: Instruction,
}

impl Decoded {
    /// `None` for bytes that are no instruction.
    pub fn of(bytes: &[u8], at: Addr) -> Option<Self> {
        let instruction = Decoder::with_ip(64, bytes, at.0, DecoderOptions::NONE).decode();
        (!instruction.is_invalid()).then_some(Self { instruction })
    }

    /// Where the next one begins.
    pub const fn next(&self) -> Addr {
        Addr(self.instruction.next_ip())
    }

    /// Bytes of it.
    pub const fn length(&self) -> usize {
        self.instruction.len()
    }

    /// It, as an assembler writes it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        IntelFormatter::new().format(&self.instruction, &mut text);
        text
    }

    /// What it does.
    pub fn operation(&self) -> Operation {
        let it = &self.instruction;
        match (it.code(), it.mnemonic()) {
            (Code::Mov_r64_cr, _) if it.op1_register() == iced_x86::Register::CR8 => {
                integer(it.op0_register()).map_or(Operation::Privileged, |(to, _)| Operation::ReadIrql(to))
            }
            (Code::Mov_cr_r64, _) if it.op0_register() == iced_x86::Register::CR8 => {
                integer(it.op1_register())
                    .map_or(Operation::Privileged, |(from, _)| Operation::WriteIrql(from))
            }
            (_, Mnemonic::Cli) => Operation::SetInterrupts(false),
            (_, Mnemonic::Sti) => Operation::SetInterrupts(true),
            (_, Mnemonic::Rdmsr) => Operation::ReadModelSpecific,
            (_, Mnemonic::Int) => match it.immediate8() {
                0x29 => Operation::FastFail,
                0x2C => Operation::Assertion,
                0x2D => Operation::DebugService,
                _ => Operation::Privileged,
            },
            (_, mnemonic) if is_privileged(mnemonic, it) => Operation::Privileged,
            _ => Operation::Other,
        }
    }

    /// The address and size of its memory operand, if it has one. A segment's base counts as zero.
    pub fn memory(&self, context: &Context) -> Option<(Addr, u64)> {
        let it = &self.instruction;
        let operand = (0..it.op_count()).find(|index| it.op_kind(*index) == OpKind::Memory)?;
        let address = it.virtual_address(operand, 0, |register, _, _| {
            if register.is_segment_register() {
                return Some(0);
            }
            integer(register).map(|(register, _)| context.get(register))
        })?;
        Some((Addr(address), it.memory_size().size() as u64))
    }

    /// Whether its memory operand lies in the segment of the processor's own.
    pub fn is_in_gs(&self) -> bool {
        self.instruction.memory_segment() == iced_x86::Register::GS
    }
}

/// What a user's program may not execute.
fn is_privileged(mnemonic: Mnemonic, it: &Instruction) -> bool {
    let control = |register: iced_x86::Register| register.is_cr() || register.is_dr();
    matches!(
        mnemonic,
        Mnemonic::Wrmsr
            | Mnemonic::Hlt
            | Mnemonic::In
            | Mnemonic::Out
            | Mnemonic::Insb
            | Mnemonic::Insw
            | Mnemonic::Insd
            | Mnemonic::Outsb
            | Mnemonic::Outsw
            | Mnemonic::Outsd
            | Mnemonic::Invd
            | Mnemonic::Wbinvd
            | Mnemonic::Invlpg
            | Mnemonic::Lgdt
            | Mnemonic::Lidt
            | Mnemonic::Lldt
            | Mnemonic::Ltr
            | Mnemonic::Lmsw
            | Mnemonic::Clts
            | Mnemonic::Swapgs
            | Mnemonic::Rdpmc
            | Mnemonic::Xsetbv
            | Mnemonic::Iretq
            | Mnemonic::Sysretq
            | Mnemonic::Stac
            | Mnemonic::Clac
    ) || mnemonic == Mnemonic::Mov && (control(it.op0_register()) || control(it.op1_register()))
}

/// The integer register that an instruction names, and the bytes of it that it means.
pub(super) fn integer(register: iced_x86::Register) -> Option<(Register, usize)> {
    // The upper halves of the first four words have no place of their own here.
    if matches!(
        register,
        iced_x86::Register::AH | iced_x86::Register::BH | iced_x86::Register::CH | iced_x86::Register::DH
    ) || !register.is_gpr()
    {
        return None;
    }
    let number = u8::try_from(register.full_register().number()).ok()?;
    Some((Register::numbered(number)?, register.size()))
}
