//! The driver's own atomic instructions, where threads may switch: each gets a stub with a copy of it.

use std::io;

use iced_x86::{
    BlockEncoder, BlockEncoderOptions, Instruction, InstructionBlock, Mnemonic, OpKind, Register,
};

use super::flow::Flow;
use crate::{
    cpu::{MOST_POINTS, STUB_SIZE, copy_address, stub},
    mem::{Addr, STUBS_SIZE},
};

/// The atomic instructions of an image, and their stubs.
#[derive(Clone, Debug, Default)]
pub struct Atomics {
    /// Where they are, as offsets from the image's base, in order.
    pub places: Vec<u32>,
    /// The stubs, in the same order, for [`Mem::place_stubs`](crate::mem::Mem::place_stubs).
    pub stubs: Vec<u8>,
}

impl Atomics {
    /// Finds them, and makes a stub for each.
    ///
    /// # Errors
    /// When there are too many, or one cannot be copied.
    pub fn of(flow: &Flow) -> io::Result<Self> {
        let mut atomics = Self::default();
        for (place, instruction) in flow.instructions.iter().filter(|(_, it)| is_atomic(it)) {
            let number = atomics.places.len();
            if number >= MOST_POINTS || (number + 1) * STUB_SIZE > usize::try_from(STUBS_SIZE).unwrap_or(0) {
                return Err(io::Error::other("more atomic instructions than there is room for"));
            }
            let copy = copy_of(instruction, u32::try_from(number).unwrap_or(0))?;
            let stub = stub(&copy, Addr(instruction.next_ip()));
            let stub = stub.ok_or_else(|| io::Error::other("the copy of an instruction is too long"))?;
            atomics.places.push(*place);
            atomics.stubs.extend(stub);
        }
        Ok(atomics)
    }
}

/// Whether other threads can see this instruction as one access of shared memory: a `lock` prefix, or `xchg` with
/// memory, which locks by itself. The thread's own stack is nobody else's.
fn is_atomic(instruction: &Instruction) -> bool {
    let memory = (0..instruction.op_count()).any(|index| instruction.op_kind(index) == OpKind::Memory);
    let locks = instruction.has_lock_prefix() || instruction.mnemonic() == Mnemonic::Xchg;
    memory && locks && instruction.memory_base() != Register::RSP
}

/// The same instruction for another place: what is relative to `rip` is corrected.
fn copy_of(instruction: &Instruction, number: u32) -> io::Result<Vec<u8>> {
    let one = [*instruction];
    let block = InstructionBlock::new(&one, copy_address(number).0);
    let encoded = BlockEncoder::encode(64, block, BlockEncoderOptions::NONE).map_err(io::Error::other)?;
    Ok(encoded.code_buffer)
}
