//! Decoded descriptors as text.

use std::fmt::Write as _;

use super::{hex, safe, style};
use crate::descriptors::section::{Field, Section, Value};

/// More bytes than this are shown as a dump of their own lines.
const BYTES_ON_A_LINE: usize = 16;

/// Deeper sections are shown at this depth.
const DEEPEST: usize = 8;

/// The text of a section with all that belongs to it.
pub fn section(section: &Section) -> String {
    let mut text = String::new();
    write_section(section, 0, &mut text);
    text
}

fn write_section(section: &Section, depth: usize, to: &mut String) {
    let indent = "  ".repeat(depth.min(DEEPEST));
    let _ = writeln!(to, "{indent}{}", style::paint(style::TITLE, &safe(&section.title)));
    for problem in &section.problems {
        let _ = writeln!(to, "{indent}  {}", style::paint(style::WRONG, &format!("! {}", safe(problem))));
    }
    let fields: Vec<_> = section.fields.iter().map(Shown::of).collect();
    let names = fields.iter().map(|field| field.name.chars().count()).max().unwrap_or_default();
    let with_meaning = fields.iter().filter(|field| !field.meaning.is_empty());
    let values = with_meaning.map(|field| field.value.chars().count()).filter(|width| *width <= 24).max();
    for field in fields {
        field.write(&indent, names, values.unwrap_or_default(), to);
    }
    for child in &section.children {
        to.push('\n');
        write_section(child, depth.saturating_add(1), to);
    }
}

/// A field as it is shown.
struct Shown<'a> {
    name: String,
    value: String,
    meaning: String,
    dump: Option<&'a [u8]>,
}

impl<'a> Shown<'a> {
    fn of(field: &'a Field) -> Self {
        let dump = match &field.value {
            Value::Bytes(bytes) if bytes.len() > BYTES_ON_A_LINE => Some(bytes.as_slice()),
            _ => None,
        };
        let words = field.meaning.iter().chain(&field.flags).map(|word| safe(word));
        Self {
            name: "  ".repeat(field.depth) + &safe(&field.name),
            value: if dump.is_some() { String::new() } else { safe(&field.value.shown()) },
            meaning: words.collect::<Vec<_>>().join(", "),
            dump,
        }
    }

    fn write(&self, indent: &str, names: usize, values: usize, to: &mut String) {
        let Self { name, value, meaning, .. } = self;
        let name = style::paint(style::DIM, &format!("{name:<names$}"));
        let line = if meaning.is_empty() {
            format!("{indent}  {name}  {value}")
        } else {
            format!("{indent}  {name}  {value:<values$}  {meaning}")
        };
        let _ = writeln!(to, "{}", line.trim_end());
        for line in self.dump.map(hex::dump).unwrap_or_default().lines() {
            let _ = writeln!(to, "{indent}    {line}");
        }
    }
}
