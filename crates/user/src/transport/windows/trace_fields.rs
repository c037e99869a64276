//! The name and the fields of an event, by the metadata that it brings along.
//!
//! Page: [TdhGetEventInformation](https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhgeteventinformation)
//!
//! UNSAFETY: a call of Windows, and what it writes: structures with offsets, each of which is checked against the room.
#![expect(unsafe_code, reason = "structures that Windows writes")]

use std::{mem, ptr};

use windows_sys::Win32::System::Diagnostics::Etw::{
    EVENT_PROPERTY_INFO, EVENT_RECORD, TRACE_EVENT_INFO, TdhGetEventInformation,
};

use crate::events::{Field, Value};

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

/// What Windows says about an event, and the room that it is in.
struct Information {
    room: Vec<u64>,
}

impl Information {
    fn of(record: &EVENT_RECORD) -> Option<Self> {
        let mut size = 0;
        // SAFETY: without room it only says how much is needed.
        unsafe { TdhGetEventInformation(record, 0, ptr::null(), ptr::null_mut(), &raw mut size) };
        let bytes = usize::try_from(size).ok()?.max(size_of::<TRACE_EVENT_INFO>());
        let mut room = vec![0_u64; bytes.div_ceil(8)];
        // SAFETY: there is as much room as was asked for, aligned to eight bytes.
        let code = unsafe {
            TdhGetEventInformation(record, 0, ptr::null(), room.as_mut_ptr().cast(), &raw mut size)
        };
        (code == 0).then_some(Self { room })
    }

    const fn header(&self) -> &TRACE_EVENT_INFO {
        // SAFETY: the room is at least as long as the structure and is aligned; any bytes are a value of it.
        unsafe { &*self.room.as_ptr().cast() }
    }

    fn property(&self, index: usize) -> Option<EVENT_PROPERTY_INFO> {
        let at = mem::offset_of!(TRACE_EVENT_INFO, EventPropertyInfoArray)
            + index.checked_mul(size_of::<EVENT_PROPERTY_INFO>())?;
        if at.checked_add(size_of::<EVENT_PROPERTY_INFO>())? > self.room.len() * 8 {
            return None;
        }
        let start: *const u8 = self.room.as_ptr().cast();
        // SAFETY: the structure lies in the room.
        let place = unsafe { start.add(at) };
        // SAFETY: as above; any bytes are a value of it.
        Some(unsafe { place.cast::<EVENT_PROPERTY_INFO>().read_unaligned() })
    }

    fn text(&self, offset: u32) -> Option<String> {
        let from = usize::try_from(offset).ok().filter(|offset| *offset > 0)?;
        let bytes: Vec<u8> = self.room.iter().flat_map(|word| word.to_le_bytes()).collect();
        let units = bytes.get(from..)?.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
        let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        Some(String::from_utf16_lossy(&units))
    }
}

/// The name and the fields of an event. None: it brings no metadata that can be read.
pub(super) fn of(record: &EVENT_RECORD) -> Option<(String, Vec<Field>)> {
    let information = Information::of(record)?;
    let header = information.header();
    // SAFETY: both fields of the union are a number.
    let name = unsafe { header.Anonymous1.EventNameOffset };
    // The name of an event of TraceLogging may be told as that of its task.
    let name = information.text(name).or_else(|| information.text(header.TaskNameOffset))?;
    let mut data = payload(record);
    let mut fields = Vec::new();
    for index in 0..usize::try_from(header.TopLevelPropertyCount).ok()? {
        let Some(property) = information.property(index) else { break };
        // SAFETY: the provider has plain fields only, whose union has this; all of its fields are numbers.
        let types = unsafe { property.Anonymous1.nonStructType };
        let (Some(name), Some(value)) =
            (information.text(property.NameOffset), value(types.InType, types.OutType, &mut data))
        else {
            break;
        };
        fields.push(Field { name, value });
    }
    Some((name, fields))
}

/// The bytes of an event.
const fn payload(record: &EVENT_RECORD) -> &[u8] {
    if record.UserData.is_null() {
        return &[];
    }
    // SAFETY: the record says where they are and how many; they live as long as it.
    unsafe { std::slice::from_raw_parts(record.UserData.cast(), record.UserDataLength as usize) }
}

/// Takes the next value from the data. None: a type that the driver does not use, or too few bytes.
fn value(in_type: u16, out_type: u16, data: &mut &[u8]) -> Option<Value> {
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
