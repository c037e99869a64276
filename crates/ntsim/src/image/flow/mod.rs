//! Where the instructions of an image are: found by following the code from its functions, never by a sweep through
//! what may be data.
//!
//! It begins at the functions that the unwind data (.pdata) names, at the entry point, at what relocated pointers and
//! `lea` point to, and at the targets of calls, and follows branches, fall-throughs, and jump tables whose bound it can see.
//! Handlers that only the unwind data name (`__except` blocks) are not found. A function in which two instructions
//! overlap was not understood; it is left alone.

mod headers;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ops::Range,
};

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

use super::{Image, Parsed, Section};
use crate::mem::{Addr, Protection};

/// How many of the last instructions a jump table's bound and base are looked for in.
const WINDOW: usize = 24;

/// The last instructions on the way to a place.
type Window = VecDeque<Instruction>;

/// What was found in an image's code. All places are offsets from its base.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// Every instruction that was found, by its place.
    pub instructions: BTreeMap<u32, Instruction>,
    /// Where basic blocks begin.
    pub leaders: BTreeSet<u32>,
    /// The functions of the unwind data, in order.
    pub functions: Vec<Range<u32>>,
    /// Bytes in executable sections, without padding behind the last function.
    pub code_bytes: u64,
    /// Jumps through a table, or to what a register holds, that could not be followed.
    pub unresolved_jumps: u32,
    /// Functions that were not understood, by where they begin.
    pub left_alone: BTreeSet<u32>,
}

impl Flow {
    /// Follows the code of an image.
    #[must_use]
    pub fn of(image: &Image) -> Self {
        let entry = image.offset_of(image.entry).unwrap_or(0);
        Self::follow(&Code::new(image.loaded_bytes(), image.base, &image.sections, entry))
    }

    /// Follows the code of a file, without loading it.
    #[must_use]
    pub fn of_file(parsed: &Parsed) -> Self {
        let entry = u32::try_from(parsed.entry).unwrap_or(0);
        Self::follow(&Code::new(&parsed.bytes, parsed.preferred_base(), &parsed.sections, entry))
    }

    fn follow(code: &Code<'_>) -> Self {
        let mut walk = Walk { code, flow: Self::default(), work: Vec::new(), jumps: Vec::new() };
        walk.flow.functions.clone_from(&code.functions);
        walk.flow.code_bytes =
            code.sections.iter().map(|section| u64::from(section.end - section.start)).sum();
        for start in code.entries() {
            walk.add(start, &Window::new());
        }
        walk.all();
        let mut flow = walk.flow;
        flow.leave_alone_what_overlaps();
        flow
    }

    /// Bytes of the instructions that were found.
    #[must_use]
    pub fn decoded_bytes(&self) -> u64 {
        self.instructions.values().map(|instruction| instruction.len() as u64).sum()
    }

    /// The function of the unwind data that holds a place.
    #[must_use]
    pub fn function_at(&self, place: u32) -> Option<&Range<u32>> {
        holder(&self.functions, place)
    }

    /// Where the first function behind a place begins; the end of all addresses when there is none.
    #[must_use]
    pub fn next_function(&self, place: u32) -> u32 {
        let next = self.functions.partition_point(|function| function.start <= place);
        self.functions.get(next).map_or(u32::MAX, |function| function.start)
    }

    fn leave_alone_what_overlaps(&mut self) {
        let mut end = (0, 0);
        let mut doubtful = BTreeSet::new();
        for (place, instruction) in &self.instructions {
            if *place < end.1 {
                doubtful.extend([end.0, *place]);
            }
            end = (*place, *place + length(instruction));
        }
        for place in doubtful {
            let range = self.function_at(place).cloned().unwrap_or(place..place + 1);
            self.instructions.retain(|place, _| !range.contains(place));
            self.leaders.retain(|place| !range.contains(place));
            self.left_alone.insert(range.start);
        }
    }
}

fn holder(functions: &[Range<u32>], place: u32) -> Option<&Range<u32>> {
    let after = functions.partition_point(|function| function.start <= place);
    functions.get(after.checked_sub(1)?).filter(|function| function.contains(&place))
}

/// What is followed.
struct Code<'a> {
    bytes: &'a [u8],
    base: u64,
    sections: Vec<Range<u32>>,
    functions: Vec<Range<u32>>,
    entry: u32,
    pointers: Vec<u32>,
}

impl<'a> Code<'a> {
    fn new(bytes: &'a [u8], base: Addr, sections: &[Section], entry: u32) -> Self {
        let end = |rva: u64, size: u64| u32::try_from(rva + size).unwrap_or(u32::MAX);
        let executable = sections.iter().filter(|it| it.protection == Protection::ReadExecute);
        let sections = executable.map(|it| end(it.rva, 0)..end(it.rva, it.size)).collect();
        let pointers = headers::pointers(bytes, base.0);
        Self { bytes, base: base.0, sections, functions: headers::functions(bytes), entry, pointers }
    }

    /// Where following begins.
    fn entries(&self) -> impl Iterator<Item = u32> {
        let functions = self.functions.iter().map(|function| function.start);
        let pointed = self.pointers.iter().copied().filter(|place| self.may_begin(*place));
        functions.chain([self.entry]).chain(pointed)
    }

    fn is_code(&self, place: u32) -> bool {
        self.sections.iter().any(|section| section.contains(&place))
    }

    /// Whether a pointer to this place is one to a function: the middle of another function is not.
    fn may_begin(&self, place: u32) -> bool {
        self.is_code(place) && holder(&self.functions, place).is_none_or(|function| function.start == place)
    }

    /// Where the function that a place is in begins at the earliest.
    fn first(&self, place: u32) -> u32 {
        if let Some(function) = holder(&self.functions, place) {
            return function.start;
        }
        let before = self.functions.partition_point(|function| function.start <= place).checked_sub(1);
        let before = before.and_then(|before| self.functions.get(before)).map_or(0, |function| function.end);
        let section = self.sections.iter().find(|section| section.contains(&place));
        section.map_or(place, |section| section.start.max(before))
    }

    /// Where code that begins at a place ends at the latest.
    fn limit(&self, place: u32) -> u32 {
        if let Some(function) = holder(&self.functions, place) {
            return function.end;
        }
        let next = self.functions.partition_point(|function| function.start <= place);
        let next = self.functions.get(next).map_or(u32::MAX, |function| function.start);
        let section = self.sections.iter().find(|section| section.contains(&place));
        section.map_or(place, |section| section.end.min(next))
    }

    fn decode(&self, place: u32, limit: u32) -> Option<Instruction> {
        let bytes = self.bytes.get(place as usize..limit as usize)?;
        let mut decoder = Decoder::with_ip(64, bytes, self.base + u64::from(place), DecoderOptions::NONE);
        let instruction = decoder.decode();
        (!instruction.is_invalid()).then_some(instruction)
    }

    /// The offset of an address in the image.
    fn offset(&self, address: u64) -> Option<u32> {
        let offset = u32::try_from(address.checked_sub(self.base)?).ok()?;
        ((offset as usize) < self.bytes.len()).then_some(offset)
    }

    fn word(&self, place: u32) -> Option<u32> {
        let start = place as usize;
        let bytes = self.bytes.get(start..start.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }
}

struct Walk<'a> {
    code: &'a Code<'a>,
    flow: Flow,
    work: Vec<(u32, Window)>,
    /// Jumps to what a register holds, and where they end.
    jumps: Vec<(u32, Window)>,
}

impl Walk<'_> {
    /// A block begins here.
    fn add(&mut self, place: u32, window: &Window) {
        if self.code.is_code(place) && self.flow.leaders.insert(place) {
            self.work.push((place, window.clone()));
        }
    }

    /// Follows everything, jump tables last: where one ends shows when the rest is known.
    fn all(&mut self) {
        loop {
            while let Some((place, window)) = self.work.pop() {
                self.block(place, window);
            }
            let jumps = std::mem::take(&mut self.jumps);
            if jumps.is_empty() {
                return;
            }
            let known = self.known_addresses();
            for (end, window) in jumps {
                let targets = table::targets(self.code, &window, end - 1, &known, |place| self.fits(place));
                match targets {
                    Some(targets) => targets.into_iter().for_each(|target| self.add(target, &Window::new())),
                    None => self.flow.unresolved_jumps += 1,
                }
            }
        }
    }

    /// Whether a place is not in the middle of an instruction that was found.
    fn fits(&self, place: u32) -> bool {
        let before = self.flow.instructions.range(..place).next_back();
        before.is_none_or(|(start, instruction)| start + length(instruction) <= place)
    }

    /// The places that the code takes the address of.
    fn known_addresses(&self) -> BTreeSet<u32> {
        let taken = self.flow.instructions.values().filter(|it| it.is_ip_rel_memory_operand());
        taken.filter_map(|it| self.code.offset(it.ip_rel_memory_address())).collect()
    }

    /// Follows the code from a place until it is known or goes elsewhere.
    fn block(&mut self, start: u32, mut window: Window) {
        let limit = self.code.limit(start);
        let mut place = start;
        while place < limit && !self.flow.instructions.contains_key(&place) {
            let Some(instruction) = self.code.decode(place, limit) else {
                self.not_understood(place);
                return;
            };
            self.flow.instructions.insert(place, instruction);
            place += length(&instruction);
            if window.len() == WINDOW {
                window.pop_front();
            }
            window.push_back(instruction);
            if !self.follow(&instruction, place, &window) {
                return;
            }
        }
    }

    /// Follows where an instruction leads; false when it does not lead to the next one, at `next`.
    fn follow(&mut self, instruction: &Instruction, next: u32, window: &Window) -> bool {
        match instruction.flow_control() {
            FlowControl::UnconditionalBranch => {
                self.branch(instruction, window);
                false
            }
            FlowControl::ConditionalBranch => {
                self.branch(instruction, window);
                // The way on is followed here, so it is a leader without work of its own.
                if next < self.code.limit(next.saturating_sub(1)) {
                    self.flow.leaders.insert(next);
                }
                true
            }
            FlowControl::Call => {
                self.branch(instruction, &Window::new());
                true
            }
            FlowControl::IndirectBranch => {
                if !is_import(instruction) {
                    self.jumps.push((next, window.clone()));
                }
                false
            }
            FlowControl::Return | FlowControl::Exception => false,
            FlowControl::Next
            | FlowControl::IndirectCall
            | FlowControl::Interrupt
            | FlowControl::XbeginXabortXend => {
                self.pointer(instruction);
                true
            }
        }
    }

    fn branch(&mut self, instruction: &Instruction, window: &Window) {
        if matches!(instruction.op0_kind(), OpKind::NearBranch64)
            && let Some(target) = self.code.offset(instruction.near_branch_target())
        {
            self.add(target, window);
        }
    }

    /// `lea` of a function: somebody will call it.
    fn pointer(&mut self, instruction: &Instruction) {
        if instruction.mnemonic() == Mnemonic::Lea
            && instruction.is_ip_rel_memory_operand()
            && let Some(target) = self.code.offset(instruction.ip_rel_memory_address())
            && self.code.may_begin(target)
        {
            self.add(target, &Window::new());
        }
    }

    fn not_understood(&mut self, place: u32) {
        let range = self.flow.function_at(place).cloned().unwrap_or(place..place + 1);
        self.flow.left_alone.insert(range.start);
        self.flow.leaders.remove(&place);
    }
}

/// A jump through a slot of the image is the tail call of an import.
fn is_import(instruction: &Instruction) -> bool {
    instruction.op0_kind() == OpKind::Memory && instruction.memory_base() == Register::RIP
}

/// Bytes of an instruction, 15 at most.
fn length(instruction: &Instruction) -> u32 {
    u32::try_from(instruction.len()).unwrap_or(0)
}
