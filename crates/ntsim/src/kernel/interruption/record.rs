//! What an exception handler is given: `EXCEPTION_RECORD`, `CONTEXT` and `DISPATCHER_CONTEXT` as
//! winnt.h lays them out for x64, written below the interrupted frame on the driver's stack.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::Raised;
use crate::{
    cpu::{Context, RECORD_ROOM, record_room},
    kernel::Kernel,
    mem::{Addr, BadAccess},
};

/// `EXCEPTION_NONCONTINUABLE`
pub(super) const NONCONTINUABLE: u32 = 0x01;
/// `EXCEPTION_UNWINDING`
pub(super) const UNWINDING: u32 = 0x02;
/// `EXCEPTION_TARGET_UNWIND`
pub(super) const TARGET_UNWIND: u32 = 0x20;

/// `EXCEPTION_RECORD`
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct ExceptionRecord {
    code: u32,
    flags: u32,
    record: Addr,
    address: Addr,
    count: u32,
    padding: u32,
    information: [u64; 15],
}

/// `DISPATCHER_CONTEXT`
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Dispatcher {
    /// Where the frame's function was left.
    pub control_pc: Addr,
    pub image_base: Addr,
    /// The function's entry in `.pdata`.
    pub function: Addr,
    pub establisher_frame: Addr,
    /// Where an unwind goes.
    pub target_ip: Addr,
    pub context: Addr,
    pub handler: Addr,
    /// What follows the handler's address in `.xdata`.
    pub handler_data: Addr,
    pub history_table: Addr,
    pub scope_index: u32,
    pub padding: u32,
}

/// Parts of `CONTEXT`: size, and offsets.
const CONTEXT_SIZE: u64 = 0x4D0;
const CONTEXT_FLAGS: u64 = 0x30;
const EFLAGS: u64 = 0x44;
const RAX: u64 = 0x78;
const RIP: u64 = 0xF8;
const XMM0: u64 = 0x1A0;
/// `CONTEXT_AMD64 | CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_FLOATING_POINT`
const CONTEXT_FULL: u32 = 0x0010_000B;

/// Where the structures of one exception lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Records {
    pub record: Addr,
    pub context: Addr,
    pub dispatcher: Addr,
}

const RECORD: u64 = CONTEXT_SIZE;
const DISPATCHER: u64 = RECORD + size_of::<ExceptionRecord>() as u64 + 8;
const _: () = assert!(size_of::<ExceptionRecord>() == 0x98 && size_of::<Dispatcher>() == 0x50);
const _: () = assert!(DISPATCHER + size_of::<Dispatcher>() as u64 <= RECORD_ROOM);

impl Records {
    /// The structures of an exception in a frame whose stack pointer is this.
    pub fn below(stack: Addr) -> Self {
        let context = record_room(stack);
        let at = |offset| context.add(offset);
        Self { record: at(RECORD), context, dispatcher: at(DISPATCHER) }
    }

    /// Writes everything but the dispatcher's part.
    pub fn write(self, kernel: &mut Kernel, raised: &Raised, at: &Context) -> Result<(), BadAccess> {
        let mut information = [0; 15];
        for (to, from) in information.iter_mut().zip(&raised.information) {
            *to = *from;
        }
        let record = ExceptionRecord {
            code: raised.code,
            flags: if raised.continuable { 0 } else { NONCONTINUABLE },
            record: Addr::NULL,
            address: at.rip,
            count: u32::try_from(raised.information.len()).unwrap_or(0),
            padding: 0,
            information,
        };
        kernel.mem.write(self.record, &record)?;
        kernel.mem.bytes_mut(self.context, CONTEXT_SIZE)?.fill(0);
        kernel.mem.write(self.context.add(CONTEXT_FLAGS), &CONTEXT_FULL)?;
        // CAST: CONTEXT keeps the lower half of the flags, which is all that there is.
        kernel.mem.write(self.context.add(EFLAGS), &(at.rflags as u32))?;
        kernel.mem.write(self.context.add(RAX), &at.registers)?;
        kernel.mem.write(self.context.add(RIP), &at.rip)?;
        kernel.mem.write(self.context.add(XMM0), &at.xmm)
    }

    /// Sets flags in the exception's record.
    pub fn add_flags(self, kernel: &mut Kernel, flags: u32) -> Result<(), BadAccess> {
        let at = self.record.add(4);
        let old: u32 = kernel.mem.read(at)?;
        kernel.mem.write(at, &(old | flags))
    }

    /// The registers as a filter left them.
    pub fn context(self, kernel: &Kernel) -> Result<Context, BadAccess> {
        let flags: u32 = kernel.mem.read(self.context.add(EFLAGS))?;
        Ok(Context {
            registers: kernel.mem.read(self.context.add(RAX))?,
            rip: kernel.mem.read(self.context.add(RIP))?,
            rflags: u64::from(flags),
            xmm: kernel.mem.read(self.context.add(XMM0))?,
        })
    }
}
