//! What an image's own headers say of its code: functions with unwind data, and pointers that were relocated.

use std::ops::Range;

use object::pe::{
    IMAGE_DIRECTORY_ENTRY_BASERELOC, IMAGE_DIRECTORY_ENTRY_EXCEPTION, IMAGE_REL_BASED_DIR64, ImageNtHeaders64,
};

/// Size of a `RUNTIME_FUNCTION`: begin, end, unwind data, four bytes each.
const RUNTIME_FUNCTION: usize = 12;
/// Offset of `e_lfanew` in the DOS header.
const NEW_HEADER: u32 = 0x3C;
/// A relocation block begins with its page and its size, four bytes each.
const BLOCK_HEADER: u32 = 8;

fn word(bytes: &[u8], place: u32) -> Option<u32> {
    let start = place as usize;
    Some(u32::from_le_bytes(bytes.get(start..start.checked_add(4)?)?.try_into().ok()?))
}

/// The range of a data directory of a mapped image.
fn directory(bytes: &[u8], index: usize) -> Option<Range<u32>> {
    let headers = word(bytes, NEW_HEADER)?;
    let directories = headers.checked_add(u32::try_from(size_of::<ImageNtHeaders64>()).ok()?)?;
    let entry = directories.checked_add(u32::try_from(index * 8).ok()?)?;
    let (start, length) = (word(bytes, entry)?, word(bytes, entry.checked_add(4)?)?);
    let end = start.checked_add(length)?;
    (start != 0 && end as usize <= bytes.len()).then_some(start..end)
}

/// The functions of the unwind data, in order, those that overlap left out.
pub(super) fn functions(bytes: &[u8]) -> Vec<Range<u32>> {
    let Some(range) = directory(bytes, IMAGE_DIRECTORY_ENTRY_EXCEPTION) else {
        return Vec::new();
    };
    let places = range.step_by(RUNTIME_FUNCTION);
    let function = |place: u32| Some(word(bytes, place)?..word(bytes, place.checked_add(4)?)?);
    let mut functions: Vec<Range<u32>> =
        places.filter_map(function).filter(|it| it.start != 0 && it.start < it.end).collect();
    functions.sort_by_key(|it| it.start);
    functions.dedup_by(|later, earlier| later.start < earlier.end);
    functions
}

/// Where the image's relocated pointers point to, as offsets from its base.
pub(super) fn pointers(bytes: &[u8], base: u64) -> Vec<u32> {
    let Some(range) = directory(bytes, IMAGE_DIRECTORY_ENTRY_BASERELOC) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut block = range.start;
    while let (Some(page), Some(size)) = (word(bytes, block), word(bytes, block.saturating_add(4))) {
        if size < BLOCK_HEADER || block.saturating_add(size) > range.end {
            break;
        }
        for place in (block + BLOCK_HEADER..block + size).step_by(2) {
            found.extend(pointer(bytes, base, page, place));
        }
        block += size;
    }
    found
}

fn pointer(bytes: &[u8], base: u64, page: u32, place: u32) -> Option<u32> {
    let start = place as usize;
    let entry = u16::from_le_bytes(bytes.get(start..start.checked_add(2)?)?.try_into().ok()?);
    if entry >> 12 != IMAGE_REL_BASED_DIR64.0 {
        return None;
    }
    let at = page.checked_add(u32::from(entry & 0xFFF))? as usize;
    let value = u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?);
    let offset = u32::try_from(value.checked_sub(base)?).ok()?;
    ((offset as usize) < bytes.len()).then_some(offset)
}
