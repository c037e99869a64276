//! Panics in the code: instructions that stop the machine, and who reaches them.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs::File,
    path::Path,
};

use anyhow::{Context, Result};
use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind};

use super::{Finding, image::Image};

/// The byte that lld pads functions with: int3.
const PADDING: u8 = 0xcc;

/// `__fastfail`.
const INTERRUPT_FAST_FAIL: u8 = 0x29;

/// The routine that wdk-panic's handler calls.
const BUG_CHECK: &str = "KeBugCheckEx";

/// A function of the image, addresses relative to it.
struct Function {
    start: u32,
    end: u32,
    name: String,
    /// It has no unwind data, so its end is not known for sure (an import's thunk in the .pdb ends where the
    /// next one begins): int3 after an instruction that ends the flow is padding between functions.
    padded: bool,
}

/// A function as a .pdb has it: start, end plus one, name.
type Symbol = (u32, Option<u32>, Option<String>);

/// The functions of an image, in the order of their addresses.
pub struct Functions(Vec<Function>);

impl Functions {
    /// Takes the functions from the .pdb, if there is one, from the unwind data, and from what lies between
    /// these and is not padding.
    ///
    /// # Errors
    ///
    /// The .pdb is there and cannot be read.
    pub fn read(image: &Image, pdb: &Path) -> Result<Self> {
        let mut known: BTreeMap<u32, (Option<u32>, Option<String>)> = BTreeMap::new();
        for (start, end) in &image.unwind_ranges {
            known.insert(*start, (Some(*end), None));
        }
        if let Ok(file) = File::open(pdb) {
            for (start, end, name) in symbols(file).with_context(|| pdb.display().to_string())? {
                let entry = known.entry(start).or_default();
                entry.0 = entry.0.or(end);
                entry.1 = name;
            }
        }
        let mut functions = Vec::new();
        for section in image.code() {
            let end_of_data = section.address + u32::try_from(section.data.len()).unwrap_or(section.size);
            let end_of_section = end_of_data.min(section.address + section.size);
            let starts: Vec<u32> =
                known.range(section.address..end_of_section).map(|(start, _)| *start).collect();
            let mut at = section.address;
            for (index, start) in starts.iter().enumerate() {
                add_gap(&mut functions, section, at, *start);
                let next = starts.get(index + 1).copied().unwrap_or(end_of_section);
                let (end, name) = &known[start];
                let end = end.map_or_else(|| without_padding(section, *start, next), |end| end.min(next));
                let name = named(name.as_deref(), *start);
                let padded = !image.unwind_ranges.iter().any(|(unwound, _)| unwound == start);
                functions.push(Function { start: *start, end, name, padded });
                at = end;
            }
            add_gap(&mut functions, section, at, end_of_section);
        }
        Ok(Self(functions))
    }

    /// The function that an address lies in.
    fn containing(&self, address: u32) -> Option<usize> {
        let index = self.0.partition_point(|function| function.start <= address).checked_sub(1)?;
        (address < self.0[index].end).then_some(index)
    }
}

/// The functions that a .pdb names.
fn symbols(file: File) -> Result<Vec<Symbol>> {
    let pdb = pdb_addr2line::pdb::PDB::open(file)?;
    let data = pdb_addr2line::ContextPdbData::try_from_pdb(pdb)?;
    let context = data.make_context()?;
    Ok(context.functions().map(|function| (function.start_rva, function.end_rva, function.name)).collect())
}

fn named(name: Option<&str>, start: u32) -> String {
    name.map_or_else(|| format!("function at {start:#x}"), String::from)
}

/// Code between known functions that is not padding is a function without a name.
fn add_gap(functions: &mut Vec<Function>, section: &super::image::Section, from: u32, to: u32) {
    let bytes = bytes(section, from, to);
    let Some(first) = bytes.iter().position(|byte| *byte != PADDING) else { return };
    let start = from + u32::try_from(first).unwrap_or(0);
    let end = without_padding(section, start, to);
    functions.push(Function { start, end, name: named(None, start), padded: true });
}

fn without_padding(section: &super::image::Section, from: u32, to: u32) -> u32 {
    let bytes = bytes(section, from, to);
    let length = bytes.iter().rposition(|byte| *byte != PADDING).map_or(0, |last| last + 1);
    from + u32::try_from(length).unwrap_or(0)
}

fn bytes<'a>(section: &super::image::Section<'a>, from: u32, to: u32) -> &'a [u8] {
    let start = from.saturating_sub(section.address) as usize;
    let end = to.saturating_sub(section.address) as usize;
    section.data.get(start..end).unwrap_or_default()
}

/// What one function does that matters here.
#[derive(Default)]
struct Body {
    /// Functions that it calls, jumps to or takes the address of.
    refers_to: BTreeSet<usize>,
    /// What stops the machine in it.
    stops: Vec<String>,
}

/// No instruction that a panic ends in, no import that it ends in; otherwise who reaches it.
pub fn panics(image: &Image, functions: &Functions) -> Finding {
    let bodies: Vec<Body> = (0..functions.0.len()).map(|index| body(image, functions, index)).collect();
    let mut breaches = Vec::new();
    for (index, body) in bodies.iter().enumerate() {
        for stop in &body.stops {
            breaches.push(format!("{stop} in {}", functions.0[index].name));
        }
        if !body.stops.is_empty() {
            breaches.extend(reached_from(functions, &bodies, index));
        }
    }
    if image.imports.iter().any(|import| import.name == BUG_CHECK) && breaches.is_empty() {
        breaches.push(format!("{BUG_CHECK} is imported"));
    }
    Finding {
        subject: "panics",
        found: format!(
            "{} in {} functions",
            bodies.iter().map(|body| body.stops.len()).sum::<usize>(),
            functions.0.len()
        ),
        breaches,
    }
}

fn body(image: &Image, functions: &Functions, index: usize) -> Body {
    let function = &functions.0[index];
    let mut body = Body::default();
    let Some(section) = image.code().find(|section| section.contains(function.start)) else { return body };
    let code = bytes(section, function.start, function.end);
    let address = image.base + u64::from(function.start);
    let mut decoder = Decoder::with_ip(64, code, address, DecoderOptions::NONE);
    let mut instruction = Instruction::default();
    let mut between = false;
    while decoder.can_decode() {
        decoder.decode_out(&mut instruction);
        if function.padded && between && instruction.mnemonic() == Mnemonic::Int3 {
            continue;
        }
        between = ends_flow(&instruction);
        let at = u32::try_from(instruction.ip() - image.base).unwrap_or(0);
        if let Some(stop) = stop(&instruction) {
            body.stops.push(format!("{stop} at {at:#x}"));
        }
        for target in targets(&instruction) {
            let Ok(target) = u32::try_from(target.wrapping_sub(image.base)) else { continue };
            if image.imports.iter().any(|import| import.slot == target && import.name == BUG_CHECK) {
                body.stops.push(format!("{BUG_CHECK} at {at:#x}"));
            }
            if let Some(other) = functions.containing(target).filter(|other| *other != index) {
                body.refers_to.insert(other);
            }
        }
    }
    body
}

fn ends_flow(instruction: &Instruction) -> bool {
    matches!(
        instruction.flow_control(),
        FlowControl::Return | FlowControl::UnconditionalBranch | FlowControl::IndirectBranch
    )
}

/// Why an instruction stops the machine, if it does.
fn stop(instruction: &Instruction) -> Option<&'static str> {
    match instruction.mnemonic() {
        Mnemonic::Ud0 | Mnemonic::Ud1 | Mnemonic::Ud2 => Some("ud2"),
        Mnemonic::Int3 => Some("int3"),
        Mnemonic::Int if instruction.immediate8() == INTERRUPT_FAST_FAIL => Some("int 29h"),
        _ if instruction.code() == Code::INVALID => Some("an invalid instruction"),
        _ => None,
    }
}

/// The addresses that an instruction names: where it branches to, and what it addresses by rip.
fn targets(instruction: &Instruction) -> impl Iterator<Item = u64> {
    let branch = match instruction.flow_control() {
        FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch | FlowControl::Call
            if instruction.op0_kind() == OpKind::NearBranch64 =>
        {
            Some(instruction.near_branch_target())
        }
        _ => None,
    };
    let memory = instruction.is_ip_rel_memory_operand().then(|| instruction.ip_rel_memory_address());
    branch.into_iter().chain(memory)
}

/// For each nearest function of the driver itself on the way to a stop, the way from there.
fn reached_from(functions: &Functions, bodies: &[Body], stop: usize) -> Vec<String> {
    let mut next: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = VecDeque::from([stop]);
    let mut ways = Vec::new();
    while let Some(index) = queue.pop_front() {
        for (caller, body) in bodies.iter().enumerate() {
            if caller == stop || next.contains_key(&caller) || !body.refers_to.contains(&index) {
                continue;
            }
            next.insert(caller, index);
            if of_library(&functions.0[caller].name) {
                queue.push_back(caller);
            } else {
                ways.push(way(functions, &next, caller, stop));
            }
        }
    }
    ways
}

fn way(functions: &Functions, next: &BTreeMap<usize, usize>, from: usize, to: usize) -> String {
    let mut names = vec![functions.0[from].name.as_str()];
    let mut at = from;
    while at != to {
        at = next[&at];
        names.push(&functions.0[at].name);
    }
    format!("  reached from {}", names.join(" -> "))
}

fn of_library(name: &str) -> bool {
    ["core::", "alloc::", "wdk_panic::", "rust_begin_unwind", "_R"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || name.contains("rust_begin_unwind")
}

#[cfg(test)]
mod tests {
    use super::{super::fixture::Fixture, *};

    fn found(fixture: &Fixture) -> Finding {
        let file = fixture.build();
        let image = Image::parse(&file).expect("the fixture is an image");
        let functions = Functions::read(&image, Path::new("/nonexistent")).expect("no .pdb is no error");
        panics(&image, &functions)
    }

    #[test]
    fn padding_between_functions_is_no_panic() {
        // ret, padding, ret
        let finding = found(&Fixture::code(&[0xc3, 0xcc, 0xcc, 0xcc, 0xc3, 0xcc]));
        assert!(finding.breaches.is_empty(), "{:?}", finding.breaches);
    }

    #[test]
    fn ud2_is_a_breach() {
        let finding = found(&Fixture::code(&[0x0f, 0x0b]));
        assert_eq!(finding.breaches, ["ud2 at 0x1000 in function at 0x1000"]);
    }

    #[test]
    fn int3_in_code_that_no_table_names_is_a_breach() {
        let finding = found(&Fixture::code(&[0x90, 0xcc, 0xc3]));
        assert_eq!(finding.breaches, ["int3 at 0x1001 in function at 0x1000"]);
    }

    #[test]
    fn fast_fail_is_a_breach_and_another_interrupt_is_not() {
        assert_eq!(found(&Fixture::code(&[0xcd, 0x29, 0xc3])).breaches.len(), 1);
        assert!(found(&Fixture::code(&[0xcd, 0x2d, 0xc3])).breaches.is_empty());
    }

    #[test]
    fn int3_inside_a_function_is_a_breach() {
        // int3; ret, with unwind data that says that both are the function's.
        let finding = found(&Fixture::code(&[0x90, 0xcc, 0xc3]).unwind(0x1000, 0x1003));
        assert_eq!(finding.breaches, ["int3 at 0x1001 in function at 0x1000"]);
    }

    #[test]
    fn the_caller_of_a_stop_is_named() {
        // 0x1000: call 0x1008; ret. 0x1008: ud2.
        let code = [0xe8, 0x03, 0, 0, 0, 0xc3, 0xcc, 0xcc, 0x0f, 0x0b];
        let finding = found(&Fixture::code(&code).unwind(0x1000, 0x1006).unwind(0x1008, 0x100a));
        assert_eq!(
            finding.breaches,
            [
                "ud2 at 0x1008 in function at 0x1008",
                "  reached from function at 0x1000 -> function at 0x1008"
            ]
        );
    }

    #[test]
    fn a_call_of_the_bug_check_routine_is_a_breach() {
        // call [rip + slot]; ret. The fixture has its import address table at 0x2000.
        let code = [0xff, 0x15, 0xfa, 0x0f, 0, 0, 0xc3];
        let finding = found(&Fixture::code(&code).import("ntoskrnl.exe", BUG_CHECK));
        assert_eq!(finding.breaches, ["KeBugCheckEx at 0x1000 in function at 0x1000"]);
        let finding = found(&Fixture::code(&code).import("ntoskrnl.exe", "KeSetEvent"));
        assert!(finding.breaches.is_empty());
        let finding = found(&Fixture::code(&[0xc3]).import("ntoskrnl.exe", BUG_CHECK));
        assert_eq!(finding.breaches, ["KeBugCheckEx is imported"]);
    }
}
