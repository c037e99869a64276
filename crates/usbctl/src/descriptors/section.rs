//! What a decoder makes of a descriptor: named fields with their meaning, and the descriptors that belong to it.

use serde::{Serialize, Serializer};

use crate::output::hex;

/// One descriptor, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What it is and what matters most about it.
    pub title: String,
    /// Its bytes, as they came.
    #[serde(serialize_with = "as_hex")]
    pub bytes: Vec<u8>,
    /// Its fields, in their order.
    pub fields: Vec<Field>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// The descriptors that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Self>,
}

/// A field of a descriptor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name in the specification.
    pub name: String,
    /// What it says.
    pub value: Value,
    /// What that means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// The bits that are set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// How many groups it is inside of: collections of a report descriptor.
    #[serde(skip_serializing_if = "is_zero")]
    pub depth: usize,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A count or a size.
    Decimal(u64),
    /// A number that may be negative.
    Signed(i64),
    /// Bits, an address or a number that stands for something; with so many digits.
    Hex(u64, usize),
    /// A version: one digit in four bits.
    Bcd(u16),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Words.
    Text(String),
}

// The signature is serde's.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(value: &usize) -> bool {
    *value == 0
}

fn as_hex<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hex::plain(bytes))
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Decimal(value) | Self::Hex(value, _) => to.serialize_u64(*value),
            Self::Signed(value) => to.serialize_i64(*value),
            Self::Bcd(value) => to.serialize_u16(*value),
            Self::Bytes(bytes) => as_hex(bytes, to),
            Self::Text(text) => to.serialize_str(text),
        }
    }
}

impl Value {
    /// As a person reads it, on one line.
    pub fn shown(&self) -> String {
        match self {
            Self::Decimal(value) => value.to_string(),
            Self::Signed(value) => value.to_string(),
            Self::Hex(value, digits) => format!("0x{value:0digits$X}"),
            Self::Bcd(value) => bcd(*value),
            Self::Bytes(bytes) => hex::spaced(bytes),
            Self::Text(text) => text.clone(),
        }
    }
}

/// A version number: 0x0210 is 2.10.
pub fn bcd(value: u16) -> String {
    format!("{:x}.{:02x}", value >> 8, value & 0xFF)
}

impl Section {
    /// A section that is no descriptor of its own.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// The bytes of a descriptor that nobody here knows.
    pub fn unknown(bytes: &[u8], where_it_is: &str) -> Self {
        let kind = bytes.get(1).copied().unwrap_or_default();
        let subtype = bytes.get(2).filter(|_| matches!(kind, 0x24 | 0x25));
        let subtype = subtype.map(|subtype| format!(", subtype 0x{subtype:02X}")).unwrap_or_default();
        let mut section = Self::new(format!("Unknown descriptor{where_it_is}: type 0x{kind:02X}{subtype}"));
        section.bytes = bytes.to_vec();
        section.fields.push(Field::new("bytes", Value::Bytes(bytes.to_vec())));
        section
    }

    /// Adds a line that is no field of a descriptor.
    pub fn say(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.fields.push(Field::new(name, Value::Text(value.into())));
        self
    }

    /// Adds a field with a number and its meaning.
    pub fn add(&mut self, name: &str, value: Value, meaning: Option<String>) -> &mut Self {
        self.fields.push(Field { meaning, ..Field::new(name, value) });
        self
    }
}

impl Field {
    /// A field without meaning.
    pub fn new(name: impl Into<String>, value: Value) -> Self {
        Self { name: name.into(), value, meaning: None, flags: Vec::new(), depth: 0 }
    }
}
