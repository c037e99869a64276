//! HID report descriptors (HID 1.11, 6.2.2): what the bits of a report are.

use crate::{
    descriptors::section::{Field, Section, Value},
    names,
    output::plural,
};

/// Deeper collections are shown at this depth.
const DEEPEST: usize = 16;

const COLLECTIONS: [&str; 7] =
    ["Physical", "Application", "Logical", "Report", "Named Array", "Usage Switch", "Usage Modifier"];

/// One item.
#[derive(Clone, Copy, Debug)]
struct Item<'a> {
    kind: u8,
    tag: u8,
    data: &'a [u8],
}

/// What items before have set.
#[derive(Clone, Debug, Default)]
struct State {
    page: u16,
    pushed: Vec<u16>,
    depth: usize,
}

/// Decodes a report descriptor.
pub fn report(bytes: &[u8], promised: u16) -> Section {
    let mut section = Section::new(format!("Report descriptor: {}", plural(bytes.len(), "byte")));
    section.bytes = bytes.to_vec();
    if bytes.len() != usize::from(promised) {
        section.problems.push(format!("the HID descriptor says that it has {promised}"));
    }
    let mut state = State::default();
    let mut left = bytes;
    while !left.is_empty() {
        let Some((item, rest)) = item(left) else {
            section.problems.push(format!("the last item ends after {}", plural(left.len(), "byte")));
            break;
        };
        if item.closes_collection() && state.depth == 0 {
            section.problems.push("a collection ends that did not begin".to_owned());
        }
        section.fields.push(state.field(item));
        left = rest;
    }
    if state.depth > 0 {
        section.problems.push(format!("{} not ended", plural(state.depth, "collection")));
    }
    section
}

/// The first item, and what follows it.
fn item(bytes: &[u8]) -> Option<(Item<'_>, &[u8])> {
    let (prefix, rest) = bytes.split_first()?;
    // A long item: its size and its tag come first (6.2.2.3).
    if *prefix == 0xFE {
        let [size, tag, rest @ ..] = rest else { return None };
        let (data, rest) = rest.split_at_checked(usize::from(*size))?;
        return Some((Item { kind: 3, tag: *tag, data }, rest));
    }
    let size = match prefix & 3 {
        3 => 4,
        size => usize::from(size),
    };
    let (data, rest) = rest.split_at_checked(size)?;
    Some((Item { kind: prefix >> 2 & 3, tag: prefix >> 4, data }, rest))
}

impl Item<'_> {
    const fn closes_collection(self) -> bool {
        self.kind == 0 && self.tag == 0xC
    }

    fn unsigned(self) -> u64 {
        self.data.iter().take(4).rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
    }

    fn signed(self) -> i64 {
        match *self.data {
            [a] => i64::from(a.cast_signed()),
            [a, b] => i64::from(i16::from_le_bytes([a, b])),
            [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
            _ => 0,
        }
    }

    fn word(self) -> u16 {
        u16::try_from(self.unsigned() & 0xFFFF).unwrap_or_default()
    }
}

impl State {
    fn field(&mut self, item: Item<'_>) -> Field {
        if item.closes_collection() {
            self.depth = self.depth.saturating_sub(1);
        }
        let depth = self.depth.min(DEEPEST);
        let field = match item.kind {
            0 => self.main(item),
            1 => self.global(item),
            2 => self.local(item),
            _ => Field::new("Long item", Value::Bytes(item.data.to_vec())),
        };
        Field { depth, ..field }
    }

    fn main(&mut self, item: Item<'_>) -> Field {
        let name = match item.tag {
            0x8 => "Input",
            0x9 => "Output",
            0xB => "Feature",
            0xA => {
                self.depth += 1;
                let kind = usize::try_from(item.unsigned()).ok().and_then(|kind| COLLECTIONS.get(kind));
                let meaning = kind.map(|kind| (*kind).to_owned());
                return Field { meaning, ..Field::new("Collection", Value::Decimal(item.unsigned())) };
            }
            0xC => return Field::new("End Collection", Value::Text(String::new())),
            _ => return reserved("Main", item),
        };
        let bits = item.unsigned();
        let meaning = Some(main_bits(bits, item.tag != 0x8));
        Field { meaning, ..Field::new(name, Value::Hex(bits, 2)) }
    }

    fn global(&mut self, item: Item<'_>) -> Field {
        let signed = Value::Signed(item.signed());
        let unsigned = Value::Decimal(item.unsigned());
        match item.tag {
            0x0 => {
                self.page = item.word();
                let meaning = names::usage_page(self.page).map(str::to_owned);
                Field { meaning, ..Field::new("Usage Page", Value::Hex(item.unsigned(), 2)) }
            }
            0x1 => Field::new("Logical Minimum", signed),
            0x2 => Field::new("Logical Maximum", signed),
            0x3 => Field::new("Physical Minimum", signed),
            0x4 => Field::new("Physical Maximum", signed),
            // Four bits, from -8 to 7 (6.2.2.7).
            0x5 => {
                let exponent = match item.signed() {
                    nibble @ 8..=15 => nibble - 16,
                    other => other,
                };
                Field::new("Unit Exponent", Value::Signed(exponent))
            }
            0x6 => {
                let meaning = Some(unit(item.unsigned()));
                Field { meaning, ..Field::new("Unit", Value::Hex(item.unsigned(), 2)) }
            }
            0x7 => Field::new("Report Size", unsigned),
            0x8 => Field::new("Report ID", unsigned),
            0x9 => Field::new("Report Count", unsigned),
            0xA => {
                // A hostile device may push for ever; what is lost is the name of a page.
                if self.pushed.len() < 64 {
                    self.pushed.push(self.page);
                }
                Field::new("Push", Value::Text(String::new()))
            }
            0xB => {
                self.page = self.pushed.pop().unwrap_or(self.page);
                Field::new("Pop", Value::Text(String::new()))
            }
            _ => reserved("Global", item),
        }
    }

    fn local(&self, item: Item<'_>) -> Field {
        let usage = |name: &str| {
            // Four bytes bring a page of their own in the upper two (6.2.2.8).
            let page = if item.data.len() == 4 { item.unsigned() >> 16 } else { self.page.into() };
            let page = u16::try_from(page).unwrap_or_default();
            let meaning = names::usage(page, item.word());
            Field { meaning, ..Field::new(name, Value::Hex(item.unsigned(), 2)) }
        };
        let unsigned = Value::Decimal(item.unsigned());
        match item.tag {
            0x0 => usage("Usage"),
            0x1 => usage("Usage Minimum"),
            0x2 => usage("Usage Maximum"),
            0x3 => Field::new("Designator Index", unsigned),
            0x4 => Field::new("Designator Minimum", unsigned),
            0x5 => Field::new("Designator Maximum", unsigned),
            0x7 => Field::new("String Index", unsigned),
            0x8 => Field::new("String Minimum", unsigned),
            0x9 => Field::new("String Maximum", unsigned),
            0xA => Field::new("Delimiter", unsigned),
            _ => reserved("Local", item),
        }
    }
}

fn reserved(kind: &str, item: Item<'_>) -> Field {
    Field::new(format!("{kind} item 0x{:X}", item.tag), Value::Bytes(item.data.to_vec()))
}

/// What an input, output or feature is (6.2.2.5).
fn main_bits(bits: u64, has_volatile: bool) -> String {
    let pick = |bit: u32, off: &'static str, on: &'static str| if bits >> bit & 1 == 0 { off } else { on };
    let mut words = vec![
        pick(0, "Data", "Constant"),
        pick(1, "Array", "Variable"),
        pick(2, "Absolute", "Relative"),
        pick(3, "", "Wrap"),
        pick(4, "", "Nonlinear"),
        pick(5, "", "No Preferred State"),
        pick(6, "", "Null State"),
    ];
    if has_volatile {
        words.push(pick(7, "", "Volatile"));
    }
    words.push(pick(8, "", "Buffered Bytes"));
    words.retain(|word| !word.is_empty());
    words.join(", ")
}

/// A unit: its system, and the power of each of its parts (6.2.2.7).
fn unit(value: u64) -> String {
    let systems = [
        ["", "", "", "", "", ""],
        ["cm", "g", "s", "K", "A", "cd"],
        ["rad", "g", "s", "K", "A", "cd"],
        ["in", "slug", "s", "°F", "A", "cd"],
        ["°", "slug", "s", "°F", "A", "cd"],
    ];
    let system = usize::try_from(value & 0xF).ok().and_then(|system| systems.get(system));
    let Some(system) = system.filter(|_| value & 0xF != 0) else { return "none".to_owned() };
    let parts = system.iter().zip(1_u32..).filter_map(|(name, place)| match value >> (4 * place) & 0xF {
        0 => None,
        1 => Some((*name).to_owned()),
        power @ 2..=7 => Some(format!("{name}^{power}")),
        power => Some(format!("{name}^-{}", 16 - power)),
    });
    parts.collect::<Vec<_>>().join(" ")
}
