//! The driver's call stack at an event: unwound by the image's unwind data (.pdata) from the places where the
//! thread left the driver.

use std::collections::BTreeMap;

use framehop::{
    FrameAddress, Module, Unwinder,
    x86_64::{CacheX86_64, UnwindRegsX86_64, UnwinderX86_64},
};
use nt_trace::Site;

use crate::{
    image::Image,
    kernel::{
        Kernel,
        snapshot::{Place, Snapshot},
    },
    machine::Machine,
};

/// Frames that are shown of a stack. A driver has 24 KiB for all.
const DEEPEST: usize = 64;

/// The call stacks at the watched events of the machine's last life, the innermost place first.
#[must_use]
pub fn all(machine: &Machine) -> BTreeMap<u64, Vec<Site>> {
    let kernel = machine.kernel();
    let walker = Walker::new(machine.image(), &kernel);
    let taken = kernel.snapshots.taken();
    taken.iter().map(|(event, snapshot)| (*event, walker.walk(snapshot))).collect()
}

/// Unwinds stacks of one image.
struct Walker<'a> {
    image: &'a Image,
    unwinder: UnwinderX86_64<Vec<u8>>,
}

impl<'a> Walker<'a> {
    fn new(image: &'a Image, kernel: &Kernel) -> Self {
        let mut unwinder = UnwinderX86_64::new();
        let bytes = |start, length| kernel.mem.bytes(start, length).map(<[u8]>::to_vec).ok();
        let pdata = image.sections.iter().find(|section| section.name == ".pdata");
        let pdata = pdata.and_then(|section| bytes(image.base.add(section.rva), section.size));
        if let Some(pdata) = pdata {
            // The unwind codes and the code itself are looked for by section; any section may have them, so the
            // whole image stands for both.
            let whole = || bytes(image.base, image.size);
            let range = image.base.0..image.base.0 + image.size;
            let info = Sections { base: image.base.0, range: range.clone(), pdata, whole: whole() };
            unwinder.add_module(Module::new(image.name.clone(), range, image.base.0, info));
        }
        Self { image, unwinder }
    }

    fn walk(&self, snapshot: &Snapshot) -> Vec<Site> {
        let mut stack = Vec::new();
        for place in &snapshot.places {
            self.walk_from(*place, snapshot, &mut stack);
        }
        stack.truncate(DEEPEST);
        stack
    }

    /// Adds the frames from a place on, as long as they are in the image.
    fn walk_from(&self, place: Place, snapshot: &Snapshot, stack: &mut Vec<Site>) {
        let mut cache = CacheX86_64::<_>::new();
        let registers = UnwindRegsX86_64::new(place.instruction.0, place.stack.0, place.frame.0);
        let mut read = |address| word(snapshot, address).ok_or(());
        let mut frames = self.unwinder.iter_frames(place.instruction.0, registers, &mut cache, &mut read);
        while let Ok(Some(frame)) = frames.next() {
            let address = match frame {
                FrameAddress::InstructionPointer(address) => address,
                FrameAddress::ReturnAddress(address) => address.get(),
            };
            let Some(offset) = self.image.offset_of(crate::mem::Addr(address)) else { return };
            stack.push(Site::new(self.image.name.clone(), offset));
            if stack.len() > DEEPEST {
                return;
            }
        }
    }
}

/// The eight bytes at an address of the copied stack.
fn word(snapshot: &Snapshot, address: u64) -> Option<u64> {
    let start = usize::try_from(address.checked_sub(snapshot.start.0)?).ok()?;
    let bytes = snapshot.bytes.get(start..start.checked_add(8)?)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// What the unwinder asks for.
struct Sections {
    base: u64,
    range: std::ops::Range<u64>,
    pdata: Vec<u8>,
    whole: Option<Vec<u8>>,
}

impl framehop::ModuleSectionInfo<Vec<u8>> for Sections {
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
