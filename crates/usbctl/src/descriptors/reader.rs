//! Reads the fields of one descriptor in their order. What is not there is told once and read as zero.

use super::section::{Field, Section, Value};
use crate::output::hex;

/// Where the texts of string descriptors come from.
pub trait Texts {
    /// The text with this index, if the device gives it.
    fn text(&mut self, index: u8) -> Option<String>;
}

/// The fields of one descriptor.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    is_cut: bool,
    section: Section,
}

/// A field that was read.
#[derive(Debug)]
pub struct Seen<'r> {
    value: u64,
    field: Option<&'r mut Field>,
}

impl<'a> Reader<'a> {
    /// Begins after `bLength` and `bDescriptorType`.
    pub fn new(title: impl Into<String>, bytes: &'a [u8]) -> Self {
        Self::after(2, title, bytes)
    }

    /// Begins after the first bytes.
    pub fn after(at: usize, title: impl Into<String>, bytes: &'a [u8]) -> Self {
        let section = Section { bytes: bytes.to_vec(), ..Section::new(title) };
        Self { bytes, at, is_cut: false, section }
    }

    /// Changes the title to one that says more.
    pub fn title(&mut self, title: impl Into<String>) {
        self.section.title = title.into();
    }

    /// Bytes that were not read yet.
    pub const fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// A count or a size of one byte.
    pub fn u8(&mut self, name: &str) -> Seen<'_> {
        self.number(name, 1, Value::Decimal)
    }

    /// A count or a size of two bytes.
    pub fn u16(&mut self, name: &str) -> Seen<'_> {
        self.number(name, 2, Value::Decimal)
    }

    /// A count or a size of three bytes.
    pub fn u24(&mut self, name: &str) -> Seen<'_> {
        self.number(name, 3, Value::Decimal)
    }

    /// A count or a size of four bytes.
    pub fn u32(&mut self, name: &str) -> Seen<'_> {
        self.number(name, 4, Value::Decimal)
    }

    /// Bits of one byte.
    pub fn hex8(&mut self, name: &str) -> Seen<'_> {
        self.bits(name, 1)
    }

    /// Bits of two bytes.
    pub fn hex16(&mut self, name: &str) -> Seen<'_> {
        self.bits(name, 2)
    }

    /// Bits of four bytes.
    pub fn hex32(&mut self, name: &str) -> Seen<'_> {
        self.bits(name, 4)
    }

    /// Bits of up to eight bytes; of what is longer, the first eight.
    pub fn bits(&mut self, name: &str, size: usize) -> Seen<'_> {
        self.number(name, size, move |value| Value::Hex(value, size.min(8) * 2))
    }

    /// A version.
    pub fn bcd(&mut self, name: &str) -> Seen<'_> {
        self.number(name, 2, |value| Value::Bcd(u16::try_from(value).unwrap_or(u16::MAX)))
    }

    /// The index of a string, with the string.
    pub fn string(&mut self, name: &str, texts: &mut dyn Texts) -> u8 {
        let mut seen = self.u8(name);
        let index = seen.byte();
        if let (Some(field), 1..) = (&mut seen.field, index) {
            field.meaning = texts.text(index).map(|text| format!("\"{text}\""));
        }
        index
    }

    /// So many bytes as they are.
    pub fn bytes(&mut self, name: &str, count: usize) -> &'a [u8] {
        let Some(bytes) = self.take(name, count) else { return &[] };
        if !bytes.is_empty() {
            self.section.fields.push(Field::new(name, Value::Bytes(bytes.to_vec())));
        }
        bytes
    }

    /// Everything that is left, as bytes.
    pub fn rest(&mut self, name: &str) -> &'a [u8] {
        let left = self.left();
        self.bytes(name, left)
    }

    /// A UUID of 16 bytes, the first three parts little-endian.
    pub fn uuid(&mut self, name: &str) -> [u8; 16] {
        let bytes = self.take(name, 16).and_then(<[u8]>::first_chunk::<16>).copied();
        if let Some(uuid) = bytes {
            self.section.fields.push(Field::new(name, Value::Text(uuid_text(&uuid))));
        }
        bytes.unwrap_or_default()
    }

    /// Skips reserved bytes; says so when they are not zero.
    pub fn reserved(&mut self, count: usize) {
        if let Some(bytes) = self.take("reserved", count)
            && bytes.iter().any(|byte| *byte != 0)
        {
            self.section.fields.push(Field::new("reserved", Value::Bytes(bytes.to_vec())));
        }
    }

    /// Says that something is wrong.
    pub fn problem(&mut self, what: impl Into<String>) {
        self.section.problems.push(what.into());
    }

    /// The section; bytes that no field is for are shown as they are.
    pub fn finish(mut self) -> Section {
        self.rest("more");
        self.section
    }

    fn number(&mut self, name: &str, size: usize, shown: impl FnOnce(u64) -> Value) -> Seen<'_> {
        let Some(bytes) = self.take(name, size) else { return Seen { value: 0, field: None } };
        let value = bytes.iter().take(8).rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        self.section.fields.push(Field::new(name, shown(value)));
        Seen { value, field: self.section.fields.last_mut() }
    }

    fn take(&mut self, name: &str, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let Some(bytes) = self.bytes.get(self.at..end) else {
            if !self.is_cut {
                let length = self.bytes.len();
                self.section.problems.push(format!("it ends after {length} bytes, before {name}"));
            }
            self.is_cut = true;
            return None;
        };
        self.at = end;
        Some(bytes)
    }
}

/// A UUID in the usual form.
pub fn uuid_text(bytes: &[u8; 16]) -> String {
    let [a0, a1, a2, a3, b0, b1, c0, c1, d0, d1, e @ ..] = *bytes;
    let tail = hex::plain(&e);
    let [a, b, c] = [
        u32::from_le_bytes([a0, a1, a2, a3]),
        u16::from_le_bytes([b0, b1]).into(),
        u16::from_le_bytes([c0, c1]).into(),
    ];
    format!("{{{a:08x}-{b:04x}-{c:04x}-{d0:02x}{d1:02x}-{tail}}}")
}

impl Seen<'_> {
    /// Adds what the value means, if anything is known.
    pub fn means<T: Into<String>>(mut self, meaning: impl FnOnce(u64) -> Option<T>) -> Self {
        let value = self.value;
        if let Some(field) = &mut self.field {
            field.meaning = meaning(value).map(Into::into);
        }
        self
    }

    /// Adds a text.
    pub fn says(self, text: impl FnOnce(u64) -> String) -> Self {
        self.means(|value| Some(text(value)))
    }

    /// Says what is counted.
    pub fn unit(self, unit: &'static str) -> Self {
        self.means(|_| Some(unit))
    }

    /// Names the bits that are set.
    pub fn flags(mut self, names: &[(u64, &str)]) -> Self {
        let value = self.value;
        if let Some(field) = &mut self.field {
            let set = names.iter().filter(|(mask, _)| value & mask != 0);
            field.flags = set.map(|(_, name)| (*name).to_owned()).collect();
        }
        self
    }

    /// The value.
    pub const fn value(&self) -> u64 {
        self.value
    }

    /// The value of a byte.
    pub fn byte(&self) -> u8 {
        u8::try_from(self.value).unwrap_or(u8::MAX)
    }

    /// The value of two bytes.
    pub fn word(&self) -> u16 {
        u16::try_from(self.value).unwrap_or(u16::MAX)
    }

    /// The value as a count of things that follow.
    pub fn count(&self) -> usize {
        usize::try_from(self.value).unwrap_or(usize::MAX)
    }
}

/// The name of a number, out of a short list.
pub fn name_of(names: &[(u64, &'static str)], value: u64) -> Option<&'static str> {
    names.iter().find(|(number, _)| *number == value).map(|(_, name)| *name)
}
