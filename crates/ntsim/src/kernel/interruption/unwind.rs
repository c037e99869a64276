//! The image's function table, and going from a frame to its caller's: the x64 exception handling page
//! (cpp/build/exception-handling-x64).
//!
//! An address in the middle of an epilogue is not recognised: faults do not happen there, and a return address is
//! before its first instruction, where the unwind codes still hold.

use crate::{
    cpu::{Context, Register},
    kernel::Kernel,
    mem::{Addr, BadAccess},
};

/// `UNW_FLAG_EHANDLER`
const EHANDLER: u8 = 1;
/// `UNW_FLAG_UHANDLER`
const UHANDLER: u8 = 2;
/// `UNW_FLAG_CHAININFO`
const CHAININFO: u8 = 4;
/// How long a chain of unwind information is followed.
const LONGEST_CHAIN: usize = 32;
/// Bytes of an entry of the table.
const ENTRY: u64 = 12;

/// The image's `.pdata`, as offsets from its base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionTable {
    /// Where the table lies.
    pub rva: u32,
    /// How many entries it has, in order of address.
    pub entries: u32,
}

/// A function of the image that a frame belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function {
    pub base: Addr,
    /// Its entry in the table.
    pub entry: Addr,
    begin: u64,
    info: u64,
}

/// A frame, and its caller's registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub establisher: Addr,
    pub caller: Context,
    /// Its language-specific handler, where the handler's data lies, and whether exceptions and unwinds go to it.
    pub handler: Option<LanguageHandler>,
}

/// A language-specific handler.
#[derive(Clone, Copy, Debug)]
pub(super) struct LanguageHandler {
    pub routine: Addr,
    pub data: Addr,
    pub for_exceptions: bool,
    pub for_unwinds: bool,
}

/// One of `UNWIND_CODE`.
#[derive(Clone, Copy)]
struct Code {
    offset: u8,
    operation: u8,
    info: u8,
}

/// The fixed part of `UNWIND_INFO`, and where the rest lies.
struct Info {
    flags: u8,
    prologue: u8,
    codes: u8,
    frame_register: u8,
    frame_offset: u8,
    at: Addr,
}

impl Info {
    fn read(kernel: &Kernel, at: Addr) -> Result<Self, BadAccess> {
        let [first, prologue, codes, frame]: [u8; 4] = kernel.mem.read(at)?;
        let (frame_register, frame_offset) = (frame & 15, frame >> 4);
        Ok(Self { flags: first >> 3, prologue, codes, frame_register, frame_offset, at })
    }

    fn code(&self, kernel: &Kernel, index: u8) -> Result<Code, BadAccess> {
        let [offset, both]: [u8; 2] = kernel.mem.read(self.at.add(4 + u64::from(index) * 2))?;
        Ok(Code { offset, operation: both & 15, info: both >> 4 })
    }

    /// The 16 bits at a code's place.
    fn slot(&self, kernel: &Kernel, index: u8) -> Result<u64, BadAccess> {
        kernel.mem.read::<u16>(self.at.add(4 + u64::from(index) * 2)).map(u64::from)
    }

    /// Behind the codes, which fill whole double words.
    const fn end(&self) -> Addr {
        self.at.add(4 + (self.codes as u64).next_multiple_of(2) * 2)
    }
}

/// The function that an address belongs to. `Ok(None)`: the address is in the image and in no function of the table,
/// so in one without a frame. `Err(())` stands for an address outside the image.
pub(super) fn function_at(kernel: &Kernel, at: Addr) -> Result<Option<Function>, BadAccess> {
    let Some((base, size)) = kernel.mem.image() else { return Ok(None) };
    if at < base || at.0 - base.0 >= size {
        return Ok(None);
    }
    let rva = at.0 - base.0;
    let table = base.add(u64::from(kernel.function_table.rva));
    let (mut low, mut high) = (0, u64::from(kernel.function_table.entries));
    while low < high {
        let middle = low.midpoint(high);
        let entry = table.add(middle * ENTRY);
        let [begin, end, info] = kernel.mem.read::<[u32; 3]>(entry)?.map(u64::from);
        if rva < begin {
            high = middle;
        } else if rva >= end {
            low = middle + 1;
        } else {
            return Ok(Some(Function { base, entry, begin, info }));
        }
    }
    Ok(None)
}

/// Whether an address lies in the image.
pub(super) fn is_in_image(kernel: &Kernel, at: Addr) -> bool {
    kernel.mem.image().is_some_and(|(base, size)| at >= base && at.0 - base.0 < size)
}

/// The caller of code that has no frame: its return address is on top of the stack.
pub(super) fn leave_leaf(kernel: &Kernel, context: &Context) -> Result<Context, BadAccess> {
    let mut caller = *context;
    caller.rip = kernel.mem.read(context.stack())?;
    caller.set(Register::Rsp, context.stack().add(8).0);
    Ok(caller)
}

impl Function {
    /// The frame of this function whose registers are `context`.
    pub fn frame(&self, kernel: &Kernel, context: &Context) -> Result<Frame, BadAccess> {
        let offset = context.rip.0.wrapping_sub(self.base.add(self.begin).0);
        let mut info = Info::read(kernel, self.base.add(self.info))?;
        let in_prologue = offset < u64::from(info.prologue);
        // In a prologue the rest of it has not happened yet.
        let passed = if in_prologue { offset } else { u64::MAX };
        let establisher = establisher(kernel, &info, context, passed)?;
        let handler = if in_prologue { None } else { handler(kernel, &info, self.base)? };
        let mut caller = *context;
        let mut machine_frame = undo(kernel, &info, &mut caller, passed, establisher)?;
        for _ in 0..LONGEST_CHAIN {
            if info.flags & CHAININFO == 0 {
                break;
            }
            let [_, _, next]: [u32; 3] = kernel.mem.read(info.end())?;
            info = Info::read(kernel, self.base.add(u64::from(next)))?;
            machine_frame |= undo(kernel, &info, &mut caller, u64::MAX, establisher)?;
        }
        if !machine_frame {
            caller = leave_leaf(kernel, &caller)?;
        }
        Ok(Frame { establisher, caller, handler })
    }
}

/// The frame pointer where there is one and it is set already, otherwise the stack pointer.
fn establisher(kernel: &Kernel, info: &Info, context: &Context, passed: u64) -> Result<Addr, BadAccess> {
    const SET_FPREG: u8 = 3;
    let Some(register) = Register::numbered(info.frame_register).filter(|_| info.frame_register != 0) else {
        return Ok(context.stack());
    };
    let mut set = passed == u64::MAX;
    for index in 0..info.codes {
        let code = info.code(kernel, index)?;
        set |= code.operation == SET_FPREG && u64::from(code.offset) <= passed;
    }
    let pointer = context.get(register).wrapping_sub(u64::from(info.frame_offset) * 16);
    Ok(if set { Addr(pointer) } else { context.stack() })
}

fn handler(kernel: &Kernel, info: &Info, base: Addr) -> Result<Option<LanguageHandler>, BadAccess> {
    if info.flags & (EHANDLER | UHANDLER) == 0 || info.flags & CHAININFO != 0 {
        return Ok(None);
    }
    let routine: u32 = kernel.mem.read(info.end())?;
    Ok(Some(LanguageHandler {
        routine: base.add(u64::from(routine)),
        data: info.end().add(4),
        for_exceptions: info.flags & EHANDLER != 0,
        for_unwinds: info.flags & UHANDLER != 0,
    }))
}

/// Undoes what a prologue did. True when the frame was made by the processor, and has the whole return in it.
fn undo(
    kernel: &Kernel,
    info: &Info,
    context: &mut Context,
    passed: u64,
    frame: Addr,
) -> Result<bool, BadAccess> {
    let mut index = 0;
    while index < info.codes {
        let code = info.code(kernel, index)?;
        let done = u64::from(code.offset) <= passed;
        let slot = |further: u8| info.slot(kernel, index.saturating_add(further));
        let large = || Ok::<u64, BadAccess>(slot(1)? | slot(2)? << 16);
        let register = Register::numbered(code.info).unwrap_or(Register::Rax);
        let xmm = context.xmm.get_mut(usize::from(code.info));
        let mut add = 0;
        let slots = match code.operation {
            // PUSH_NONVOL
            0 => {
                if done {
                    let value = kernel.mem.read(context.stack())?;
                    context.set(register, value);
                    add = 8;
                }
                1
            }
            // ALLOC_LARGE
            1 if code.info == 0 => {
                add = slot(1)? * 8;
                2
            }
            1 => {
                add = large()?;
                3
            }
            // ALLOC_SMALL
            2 => {
                add = u64::from(code.info) * 8 + 8;
                1
            }
            // SET_FPREG
            3 => {
                if done {
                    context.set(Register::Rsp, frame.0);
                }
                1
            }
            // SAVE_NONVOL, SAVE_NONVOL_FAR
            4 | 5 => {
                let (at, slots) = if code.operation == 4 { (slot(1)? * 8, 2) } else { (large()?, 3) };
                if done {
                    let value = kernel.mem.read(frame.add(at))?;
                    context.set(register, value);
                }
                slots
            }
            // SAVE_XMM128, SAVE_XMM128_FAR
            8 | 9 => {
                let (at, slots) = if code.operation == 8 { (slot(1)? * 16, 2) } else { (large()?, 3) };
                if let Some(xmm) = xmm.filter(|_| done) {
                    *xmm = kernel.mem.read(frame.add(at))?;
                }
                slots
            }
            // PUSH_MACHFRAME
            10 => {
                let error_code = u64::from(code.info) * 8;
                let at = context.stack().add(error_code);
                context.rip = kernel.mem.read(at)?;
                let stack = kernel.mem.read(at.add(24))?;
                context.set(Register::Rsp, stack);
                return Ok(true);
            }
            // EPILOG of version 2 says where epilogues are. Others are not defined.
            _ => 1,
        };
        if done {
            context.set(Register::Rsp, context.stack().add(add).0);
        }
        index = index.saturating_add(slots);
    }
    Ok(false)
}
