//! Unwinds a driver's stack by its image's unwind data (.pdata).

use std::fmt;

use framehop::{
    FrameAddress, ModuleSectionInfo, Unwinder,
    x86_64::{CacheX86_64, UnwindRegsX86_64, UnwinderX86_64},
};

use super::Image;
use crate::{
    kernel::snapshot::Place,
    mem::{Addr, Mem},
};

/// Size of an entry of the unwind table, a `RUNTIME_FUNCTION`.
const ENTRY: usize = 12;
/// Frames that are looked at. A driver has 24 KiB for all.
const DEEPEST: usize = 64;

/// Unwinds stacks of one image.
pub struct Unwind {
    base: Addr,
    size: u64,
    unwinder: UnwinderX86_64<Vec<u8>>,
    cache: CacheX86_64,
}

impl fmt::Debug for Unwind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unwind").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Unwind {
    /// Reads the unwind data of an image that is mapped. One without any has stacks of one frame.
    #[must_use]
    pub fn new(image: &Image, mem: &Mem) -> Self {
        let mut unwinder = UnwinderX86_64::new();
        let bytes = |start, length| mem.bytes(start, length).map(<[u8]>::to_vec).ok();
        let pdata = image.sections.iter().find(|section| section.name == ".pdata");
        let pdata = pdata.and_then(|section| bytes(image.base.add(section.rva), section.size));
        if let Some(mut pdata) = pdata {
            // The section is whole pages. The table is searched by halves, so what follows it must go.
            let entries = pdata.chunks_exact(ENTRY).take_while(|entry| entry.iter().any(|byte| *byte != 0));
            let length = entries.count() * ENTRY;
            pdata.truncate(length);
            // The unwind codes and the code itself are looked for by section; any section may have them, so the
            // whole image stands for both.
            let range = image.base.0..image.base.0 + image.size;
            let whole = bytes(image.base, image.size);
            let info = Sections { base: image.base.0, range: range.clone(), pdata, whole };
            unwinder.add_module(framehop::Module::new(image.name.clone(), range, image.base.0, info));
        }
        Self { base: image.base, size: image.size, unwinder, cache: CacheX86_64::new() }
    }

    /// The places in the image that are on the stack, innermost first, as offsets from its base: up to the
    /// routine that the kernel called. `read` gives the eight bytes at an address of the stack.
    pub fn frames(&mut self, place: Place, read: impl Fn(Addr) -> Option<u64>) -> Vec<u32> {
        let registers = UnwindRegsX86_64::new(place.instruction.0, place.stack.0, place.frame.0);
        let mut read = |address| read(Addr(address)).ok_or(());
        let mut frames =
            self.unwinder.iter_frames(place.instruction.0, registers, &mut self.cache, &mut read);
        let mut found = Vec::new();
        while let Ok(Some(frame)) = frames.next() {
            let address = match frame {
                FrameAddress::InstructionPointer(address) => address,
                FrameAddress::ReturnAddress(address) => address.get(),
            };
            let offset = address.checked_sub(self.base.0).filter(|offset| *offset < self.size);
            let Some(offset) = offset.and_then(|offset| u32::try_from(offset).ok()) else { break };
            found.push(offset);
            if found.len() == DEEPEST {
                break;
            }
        }
        found
    }
}

/// What the unwinder asks for.
struct Sections {
    base: u64,
    range: std::ops::Range<u64>,
    pdata: Vec<u8>,
    whole: Option<Vec<u8>>,
}

impl ModuleSectionInfo<Vec<u8>> for Sections {
    fn base_svma(&self) -> u64 {
        self.base
    }

    fn section_svma_range(&mut self, name: &[u8]) -> Option<std::ops::Range<u64>> {
        matches!(name, b".text" | b".rdata").then(|| self.range.clone())
    }

    fn section_data(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        match name {
            b".pdata" => Some(self.pdata.clone()),
            b".text" | b".rdata" => self.whole.clone(),
            _ => None,
        }
    }
}
