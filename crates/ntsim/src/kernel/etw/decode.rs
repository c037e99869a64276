//! `TraceLogging` metadata and the data that they describe.
//!
//! The format is that of Microsoft's [TraceLogging headers and crates](https://github.com/microsoft/tracelogging) (MIT
//! licence): an event's metadata are a `UINT16` size, tags (bytes, the last one below 0x80), the name and a NUL, and
//! for each field its name and a NUL, its in-type, an out-type if bit 7 of the in-type is set, tags if bit 7 of the
//! out-type is set, and a `UINT16` count if the field is an array of constant length.

use nt_trace::{Arg, NtStatus, event::EtwField};

/// More follows this byte.
const CHAIN: u8 = 0x80;
/// An array whose length is in the metadata.
const CONSTANT_COUNT: u8 = 0x20;
/// An array whose length is in the data. With the one above: a type of the provider's own.
const VARIABLE_COUNT: u8 = 0x40;

/// An event that was understood, as far as it could be.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) name: String,
    pub(super) fields: Vec<EtwField>,
    /// What is wrong with it, empty for nothing.
    pub(super) flaw: String,
}

/// The name in a provider's traits.
pub(super) fn traits(bytes: &[u8]) -> Result<String, String> {
    let mut rest = sized(bytes)?;
    let name = rest.text()?;
    if name.is_empty() {
        return Err("the provider has no name".into());
    }
    // Traits with a length each: a provider group, a decoding identifier.
    while !rest.0.is_empty() {
        let length = rest.word()?;
        let body = usize::from(length).checked_sub(2).ok_or("a trait is shorter than its length")?;
        rest.take(body)?;
    }
    Ok(name)
}

/// An event's name and fields.
pub(super) fn event(metadata: &[u8], data: &[u8]) -> Result<Decoded, String> {
    let mut rest = sized(metadata)?;
    rest.tags()?;
    let name = rest.text()?;
    if name.is_empty() {
        return Err("the event has no name".into());
    }
    let mut data = Reader(data);
    let mut fields = Vec::new();
    let flaw = read_fields(&mut rest, &mut data, &mut fields).err().unwrap_or_default();
    let left = data.0.len();
    let flaw = if flaw.is_empty() && left > 0 { format!("{left} bytes belong to no field") } else { flaw };
    Ok(Decoded { name, fields, flaw })
}

fn read_fields(metadata: &mut Reader, data: &mut Reader, fields: &mut Vec<EtwField>) -> Result<(), String> {
    while !metadata.0.is_empty() {
        let name = metadata.text()?;
        if name.is_empty() {
            return Err("a field has no name".into());
        }
        let kind = Kind::read(metadata)?;
        let value = kind.value(data).map_err(|what| format!("field {name}: {what}"))?;
        fields.push(EtwField { name: name.into(), value });
    }
    Ok(())
}

/// How a field is encoded and shown.
struct Kind {
    in_type: u8,
    out_type: u8,
}

/// `TlgOutHEX`
const HEX: u8 = 4;
/// `TlgOutBOOLEAN`
const BOOLEAN: u8 = 3;
/// `TlgOutNTSTATUS`
const NTSTATUS: u8 = 14;
/// The highest out-type that is documented.
const LAST_OUT_TYPE: u8 = 38;

impl Kind {
    fn read(metadata: &mut Reader) -> Result<Self, String> {
        let in_type = metadata.byte()?;
        let out_type = if in_type & CHAIN == 0 { 0 } else { metadata.byte()? };
        if out_type & CHAIN != 0 {
            metadata.tags()?;
        }
        if in_type & (CONSTANT_COUNT | VARIABLE_COUNT) != 0 {
            return Err("arrays and types of a provider's own are not decoded".into());
        }
        let (in_type, out_type) = (in_type & !CHAIN, out_type & !CHAIN);
        if out_type > LAST_OUT_TYPE {
            return Err(format!("there is no out-type {out_type}"));
        }
        Ok(Self { in_type, out_type })
    }

    /// The value, of the size that the in-type says.
    fn value(&self, data: &mut Reader) -> Result<Arg, String> {
        Ok(match self.in_type {
            1 => Arg::Text(data.wide()?.into()),
            2 => Arg::Text(data.text()?.into()),
            3 => signed(i8::from_le_bytes(data.array()?).into()),
            4 => self.number(data.byte()?.into()),
            5 => signed(i16::from_le_bytes(data.array()?).into()),
            6 => self.number(data.word()?.into()),
            7 => signed(i32::from_le_bytes(data.array()?).into()),
            8 => self.number(u32::from_le_bytes(data.array()?).into()),
            9 => signed(i64::from_le_bytes(data.array()?)),
            10 | 17 => self.number(u64::from_le_bytes(data.array()?)),
            13 => Arg::Bool(u32::from_le_bytes(data.array()?) != 0),
            15 => Arg::Text(format!("{:02x?}", data.array::<16>()?).into()),
            20 => {
                let value = u32::from_le_bytes(data.array()?);
                if self.out_type == NTSTATUS { Arg::Status(NtStatus(value)) } else { Arg::Hex(value.into()) }
            }
            21 => Arg::Hex(u64::from_le_bytes(data.array()?)),
            22 | 23 => {
                let length = data.word()?;
                Arg::Text(String::from_utf8_lossy(data.take(length.into())?).into_owned().into())
            }
            other => return Err(format!("there is no in-type {other}, or it is not decoded")),
        })
    }

    fn number(&self, value: u64) -> Arg {
        match self.out_type {
            HEX => Arg::Hex(value),
            BOOLEAN => Arg::Bool(value != 0),
            NTSTATUS => Arg::Status(NtStatus(u32::try_from(value).unwrap_or(u32::MAX))),
            _ => Arg::Number(value),
        }
    }
}

fn signed(value: i64) -> Arg {
    Arg::Text(value.to_string().into())
}

/// What follows a `UINT16` size, which must be that of the whole.
fn sized(bytes: &[u8]) -> Result<Reader<'_>, String> {
    let mut reader = Reader(bytes);
    let size = reader.word()?;
    if usize::from(size) != bytes.len() {
        return Err(format!("the metadata say that they have {size} bytes, and have {}", bytes.len()));
    }
    Ok(reader)
}

/// Bytes that are read in order.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or("it ends too early")?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (taken, rest) = self.0.split_first_chunk().ok_or("it ends too early")?;
        self.0 = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.array().map(|[byte]| byte)
    }

    fn word(&mut self) -> Result<u16, String> {
        self.array().map(u16::from_le_bytes)
    }

    /// Tags: the last byte is the one below 0x80.
    fn tags(&mut self) -> Result<(), String> {
        while self.byte()? & CHAIN != 0 {}
        Ok(())
    }

    /// Text up to a NUL, in UTF-8.
    fn text(&mut self) -> Result<String, String> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or("a text has no end")?;
        let text = self.take(end)?;
        self.take(1)?;
        String::from_utf8(text.to_vec()).map_err(|_| "a text is not UTF-8".into())
    }

    /// Text up to a NUL, in UTF-16.
    fn wide(&mut self) -> Result<String, String> {
        let mut units = Vec::new();
        loop {
            match self.word()? {
                0 => return Ok(String::from_utf16_lossy(&units)),
                unit => units.push(unit),
            }
        }
    }
}

#[cfg(test)]
mod tests;
