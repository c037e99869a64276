//! The name and the fields of an event, by the metadata that it brings along.
//!
//! Page: [TdhGetEventInformation](https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhgeteventinformation)
// UNSAFETY: a call of Windows, and what it writes: structures with offsets, each of which is checked against the room.
#![expect(unsafe_code, reason = "structures that Windows writes")]

use std::{mem, ptr};

use windows_sys::Win32::System::Diagnostics::Etw::{
    EVENT_PROPERTY_INFO, EVENT_RECORD, TRACE_EVENT_INFO, TdhGetEventInformation,
};

use crate::{events::Field, transport::trace_value::value};

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
