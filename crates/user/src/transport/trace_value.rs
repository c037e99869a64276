//! The values of an event's fields, by the types that Windows says they have.

use crate::events::Value;

/// `TDH_INTYPE_*`
mod in_type {
    pub const UNICODE: u16 = 1;
    pub const ANSI: u16 = 2;
    pub const INT8: u16 = 3;
    pub const UINT8: u16 = 4;
    pub const INT16: u16 = 5;
    pub const UINT16: u16 = 6;
    pub const INT32: u16 = 7;
    pub const UINT32: u16 = 8;
    pub const INT64: u16 = 9;
    pub const UINT64: u16 = 10;
    pub const BOOLEAN: u16 = 13;
    pub const HEX32: u16 = 20;
    pub const HEX64: u16 = 21;
}

/// `TDH_OUTTYPE_*`
mod out_type {
    pub const BOOLEAN: u16 = 13;
    pub const HEX8: u16 = 16;
    pub const HEX64: u16 = 19;
    pub const NTSTATUS: u16 = 31;
}

/// Takes the next value from the data. None: a type that the driver does not use, or too few bytes.
pub fn value(in_type: u16, out_type: u16, data: &mut &[u8]) -> Option<Value> {
    let is_signed = matches!(in_type, in_type::INT8 | in_type::INT16 | in_type::INT32 | in_type::INT64);
    let size = match in_type {
        in_type::UNICODE => return unicode(data),
        in_type::ANSI => return ansi(data),
        in_type::INT8 | in_type::UINT8 => 1,
        in_type::INT16 | in_type::UINT16 => 2,
        in_type::INT32 | in_type::UINT32 | in_type::BOOLEAN | in_type::HEX32 => 4,
        in_type::INT64 | in_type::UINT64 | in_type::HEX64 => 8,
        _ => return None,
    };
    let (bytes, rest) = data.split_at_checked(size)?;
    *data = rest;
    let number = bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Some(match (in_type, out_type) {
        (in_type::BOOLEAN, _) | (_, out_type::BOOLEAN) => Value::Bool(number != 0),
        (_, out_type::NTSTATUS) => Value::Status(u32::try_from(number).unwrap_or(u32::MAX)),
        (in_type::HEX32 | in_type::HEX64, _) | (_, out_type::HEX8..=out_type::HEX64) => Value::Hex(number),
        _ if is_signed => {
            let unused = 64 - 8 * u32::try_from(size).ok()?;
            Value::Text((number << unused).cast_signed().wrapping_shr(unused).to_string())
        }
        _ => Value::Number(number),
    })
}

fn unicode(data: &mut &[u8]) -> Option<Value> {
    let units = data.as_chunks::<2>().0;
    let end = units.iter().position(|unit| *unit == [0, 0])?;
    let text: Vec<u16> = units[..end].iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    *data = data.get(2 * (end + 1)..)?;
    Some(Value::Text(String::from_utf16_lossy(&text)))
}

fn ansi(data: &mut &[u8]) -> Option<Value> {
    let end = data.iter().position(|byte| *byte == 0)?;
    let text = String::from_utf8_lossy(&data[..end]).into_owned();
    *data = data.get(end + 1..)?;
    Some(Value::Text(text))
}

#[cfg(test)]
mod tests {
    use super::{in_type, out_type, value};
    use crate::events::Value;

    #[test]
    fn values_are_taken_by_their_types() {
        let mut data = &[7, 0, 0, 0, 1, 0, 0, 0xC0, b'a', b'b', 0, 0xFF, b'x', 0, 0, 0, 9][..];
        assert_eq!(value(in_type::UINT32, 0, &mut data), Some(Value::Number(7)));
        assert_eq!(value(in_type::UINT32, out_type::NTSTATUS, &mut data), Some(Value::Status(0xC000_0001)));
        assert_eq!(value(in_type::ANSI, 0, &mut data), Some(Value::Text("ab".into())));
        assert_eq!(value(in_type::INT8, 0, &mut data), Some(Value::Text("-1".into())));
        assert_eq!(value(in_type::UNICODE, 0, &mut data), Some(Value::Text("x".into())));
        assert_eq!(value(in_type::UINT32, 0, &mut data), None, "one byte is left");
        assert_eq!(value(99, 0, &mut data), None);
    }
}
