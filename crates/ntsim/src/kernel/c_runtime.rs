//! The C run-time's strings, which the kernel exports for drivers of other compilers.

use super::{
    Kernel,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns},
    format::Family::{self, Narrow, Wide},
};
use crate::{mem::Addr, stop::Stop};

/// `strcmp` and its siblings.
pub const EXPORTS: &[Export] = &[
    routine("strchr", "c-runtime/strchr", Returns::Pointer, strchr),
    routine("strcmp", "c-runtime/strcmp", Returns::Number, strcmp),
    routine("strncmp", "c-runtime/strncmp", Returns::Number, strncmp),
    routine("strstr", "c-runtime/strstr", Returns::Pointer, strstr),
    routine("wcsncmp", "c-runtime/strncmp", Returns::Number, wcsncmp),
    routine("_strlwr", "c-runtime/strlwr", Returns::Pointer, strlwr),
    routine("_stricmp", "c-runtime/stricmp", Returns::Number, |k, a| compare_text(k, a, 1, true)),
    routine("_wcsicmp", "c-runtime/stricmp", Returns::Number, |k, a| compare_text(k, a, 2, true)),
    routine("wcscmp", "c-runtime/strcmp", Returns::Number, |k, a| compare_text(k, a, 2, false)),
    routine("_strnicmp", "c-runtime/strnicmp", Returns::Number, |k, a| compare(k, a, 1, true)),
    routine("_wcsnicmp", "c-runtime/strnicmp", Returns::Number, |k, a| compare(k, a, 2, true)),
    routine("strlen", "c-runtime/strlen", Returns::Number, |k, a| length(k, a, 1)),
    routine("wcslen", "c-runtime/strlen", Returns::Number, |k, a| length(k, a, 2)),
    routine("strcpy", "c-runtime/strcpy", Returns::Pointer, |k, a| copy(k, a, 1, false)),
    routine("wcscpy", "c-runtime/strcpy", Returns::Pointer, |k, a| copy(k, a, 2, false)),
    routine("strcat", "c-runtime/strcat", Returns::Pointer, |k, a| copy(k, a, 1, true)),
    routine("wcscat", "c-runtime/strcat", Returns::Pointer, |k, a| copy(k, a, 2, true)),
    routine("strncpy", "c-runtime/strncpy", Returns::Pointer, |k, a| copy_some(k, a, 1)),
    routine("wcsncpy", "c-runtime/strncpy", Returns::Pointer, |k, a| copy_some(k, a, 2)),
    routine("strrchr", "c-runtime/strrchr", Returns::Pointer, |k, a| last(k, a, 1)),
    routine("wcsrchr", "c-runtime/strrchr", Returns::Pointer, |k, a| last(k, a, 2)),
    routine("wcschr", "c-runtime/strchr", Returns::Pointer, wcschr),
    routine("wcsstr", "c-runtime/strstr", Returns::Pointer, wcsstr),
    routine("toupper", "c-runtime/toupper", Returns::Number, |k, a| Ok(letter(a.get(k, 0)?, true))),
    routine("tolower", "c-runtime/tolower", Returns::Number, |k, a| Ok(letter(a.get(k, 0)?, false))),
    routine("towupper", "c-runtime/toupper", Returns::Number, |k, a| Ok(letter(a.get(k, 0)?, true))),
    routine("towlower", "c-runtime/tolower", Returns::Number, |k, a| Ok(letter(a.get(k, 0)?, false))),
    routine("_snprintf", "c-runtime/snprintf", Returns::Number, |k, a| print(k, a, Narrow, BOUNDED)),
    routine("_snwprintf", "c-runtime/snprintf", Returns::Number, |k, a| print(k, a, Wide, BOUNDED)),
    routine("_vsnprintf", "c-runtime/vsnprintf", Returns::Number, |k, a| print(k, a, Narrow, BOUNDED_LIST)),
    routine("_vsnwprintf", "c-runtime/vsnprintf", Returns::Number, |k, a| print(k, a, Wide, BOUNDED_LIST)),
    routine("sprintf", "c-runtime/sprintf", Returns::Number, |k, a| print(k, a, Narrow, ENDLESS)),
    routine("swprintf", "c-runtime/sprintf", Returns::Number, |k, a| print(k, a, Wide, ENDLESS)),
    routine("vsprintf", "c-runtime/vsprintf", Returns::Number, |k, a| print(k, a, Narrow, ENDLESS_LIST)),
    routine("vswprintf", "c-runtime/vsprintf", Returns::Number, |k, a| print(k, a, Wide, ENDLESS_LIST)),
];

type Routine = fn(&mut Kernel, Args) -> Result<u64, Stop>;

const fn routine(name: &'static str, page: &'static str, returns: Returns, code: Routine) -> Export {
    Export::new(name, page, HIGH_LEVEL, returns, &[], Handler::Sync(code))
}

/// How C tells an order: by the sign.
const fn sign(order: std::cmp::Ordering) -> u64 {
    (order as i64).cast_unsigned()
}

fn strchr(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (text, wanted) = (args.pointer(kernel, 0)?, args.byte(kernel, 1)?);
    let bytes = kernel.c_string(text)?;
    // The terminator is part of the string.
    let at = bytes.iter().chain(&[0]).position(|byte| *byte == wanted);
    Ok(at.map_or(0, |at| text.add(at as u64).0))
}

fn strcmp(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    compare_text(kernel, args, 1, false)
}

/// The characters of a text whose characters have `width` bytes.
fn units(kernel: &Kernel, at: Addr, width: u64) -> Result<Vec<u16>, Stop> {
    if width == 2 {
        return kernel.wide_string(at);
    }
    Ok(kernel.c_string(at)?.into_iter().map(u16::from).collect())
}

fn store_units(kernel: &mut Kernel, at: Addr, units: &[u16], width: u64) -> Result<(), Stop> {
    let bytes = |unit: &u16| unit.to_le_bytes().into_iter().take(width as usize).collect::<Vec<_>>();
    let bytes: Vec<u8> = units.iter().flat_map(bytes).collect();
    if !bytes.is_empty() {
        kernel.mem.bytes_mut(at, bytes.len() as u64)?.copy_from_slice(&bytes);
    }
    Ok(())
}

/// A letter of ASCII in the other case. What the kernel does with others depends on the locale.
fn letter(value: u64, upper: bool) -> u64 {
    let Ok(byte) = u8::try_from(value & 0xFFFF) else { return value & 0xFFFF };
    u64::from(if upper { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() })
}

/// Without regard to case, letters are compared as small ones.
fn folded(unit: u16, fold: bool) -> u16 {
    if fold { letter(u64::from(unit), false) as u16 } else { unit }
}

fn compare_text(kernel: &Kernel, args: Args, width: u64, fold: bool) -> Result<u64, Stop> {
    let read = |index: u64| -> Result<Vec<u16>, Stop> {
        let units = units(kernel, args.pointer(kernel, index)?, width)?;
        Ok(units.into_iter().map(|unit| folded(unit, fold)).collect())
    };
    Ok(sign(read(0)?.cmp(&read(1)?)))
}

fn length(kernel: &Kernel, args: Args, width: u64) -> Result<u64, Stop> {
    Ok(units(kernel, args.pointer(kernel, 0)?, width)?.len() as u64)
}

/// `strcpy`, and `strcat` if it goes behind what is there.
fn copy(kernel: &mut Kernel, args: Args, width: u64, behind: bool) -> Result<u64, Stop> {
    let (to, from) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let skip = if behind { units(kernel, to, width)?.len() as u64 } else { 0 };
    let mut text = units(kernel, from, width)?;
    text.push(0);
    store_units(kernel, to.add(skip * width), &text, width)?;
    Ok(to.0)
}

/// `strncpy`: as many characters as asked for, zeros behind the text's end; no terminator of its own.
fn copy_some(kernel: &mut Kernel, args: Args, width: u64) -> Result<u64, Stop> {
    let (to, from) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let count = args.get(kernel, 2)?;
    let mut text = Vec::new();
    while (text.len() as u64) < count {
        let at = from.add(text.len() as u64 * width);
        let unit = if width == 1 { u16::from(kernel.mem.read::<u8>(at)?) } else { kernel.mem.read(at)? };
        if unit == 0 {
            break;
        }
        text.push(unit);
    }
    // Checked before anything is made that large.
    kernel.mem.bytes(to, count.saturating_mul(width))?;
    text.resize(count as usize, 0);
    store_units(kernel, to, &text, width)?;
    Ok(to.0)
}

fn last(kernel: &Kernel, args: Args, width: u64) -> Result<u64, Stop> {
    let (text, wanted) = (args.pointer(kernel, 0)?, args.get(kernel, 1)?);
    let wanted = if width == 1 { u16::from(wanted as u8) } else { wanted as u16 };
    let mut units = units(kernel, text, width)?;
    units.push(0);
    let at = units.iter().rposition(|unit| *unit == wanted);
    Ok(at.map_or(0, |at| text.add(at as u64 * width).0))
}

fn wcschr(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (text, wanted) = (args.pointer(kernel, 0)?, args.get(kernel, 1)? as u16);
    let units = kernel.wide_string(text)?;
    let at = units.iter().chain(&[0]).position(|unit| *unit == wanted);
    Ok(at.map_or(0, |at| text.add(at as u64 * 2).0))
}

fn wcsstr(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (text, wanted) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (units, wanted) = (kernel.wide_string(text)?, kernel.wide_string(wanted)?);
    if wanted.is_empty() {
        return Ok(text.0);
    }
    let at = units.windows(wanted.len()).position(|window| window == wanted);
    Ok(at.map_or(0, |at| text.add(at as u64 * 2).0))
}

fn strncmp(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    compare(kernel, args, 1, false)
}

fn wcsncmp(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    compare(kernel, args, 2, false)
}

/// Compares up to a count of characters of `width` bytes, and not beyond the first terminator.
fn compare(kernel: &Kernel, args: Args, width: u64, fold: bool) -> Result<u64, Stop> {
    let (left, right) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let read = |from: Addr, index: u64| -> Result<u16, Stop> {
        let at = from.add(index * width);
        let unit = if width == 1 { u16::from(kernel.mem.read::<u8>(at)?) } else { kernel.mem.read(at)? };
        Ok(folded(unit, fold))
    };
    for index in 0..args.get(kernel, 2)? {
        let (one, other) = (read(left, index)?, read(right, index)?);
        if one != other || one == 0 {
            return Ok(sign(one.cmp(&other)));
        }
    }
    Ok(0)
}

fn strstr(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (text, wanted) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (bytes, wanted) = (kernel.c_string(text)?, kernel.c_string(wanted)?);
    if wanted.is_empty() {
        return Ok(text.0);
    }
    let at = bytes.windows(wanted.len()).position(|window| window == wanted);
    Ok(at.map_or(0, |at| text.add(at as u64).0))
}

fn strlwr(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let text = args.pointer(kernel, 0)?;
    let length = kernel.c_string(text)?.len() as u64;
    if length > 0 {
        kernel.mem.bytes_mut(text, length)?.make_ascii_lowercase();
    }
    Ok(text.0)
}

/// Where a member of the `printf` family has its arguments.
#[derive(Clone, Copy)]
struct Shape {
    /// The second argument says how many characters there is room for.
    bounded: bool,
    /// The variable arguments are an array: the last argument points to it.
    list: bool,
}

const BOUNDED: Shape = Shape { bounded: true, list: false };
const BOUNDED_LIST: Shape = Shape { bounded: true, list: true };
const ENDLESS: Shape = Shape { bounded: false, list: false };
const ENDLESS_LIST: Shape = Shape { bounded: false, list: true };

fn print(kernel: &mut Kernel, args: Args, family: Family, shape: Shape) -> Result<u64, Stop> {
    let width = if family == Wide { 2 } else { 1 };
    let at = if shape.bounded { 2 } else { 1 };
    let format = String::from_utf16_lossy(&units(kernel, args.pointer(kernel, at)?, width)?);
    let text = if shape.list {
        let list = Args { base: args.pointer(kernel, at + 1)?, site: args.site };
        kernel.format(&format, family, list, 0)?
    } else {
        kernel.format(&format, family, args, at + 1)?
    };
    let bytes: Vec<u8> = if width == 2 {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    } else {
        text.chars().map(|it| u8::try_from(u32::from(it)).unwrap_or(b'?')).collect()
    };
    let count = if shape.bounded { args.get(kernel, 1)? } else { u64::MAX };
    store(kernel, args, count, &bytes, width)
}

/// Stores text of characters of `width` bytes, and its terminator if there is room. Gives its length, or -1
/// when it was cut.
fn store(kernel: &mut Kernel, args: Args, count: u64, text: &[u8], width: u64) -> Result<u64, Stop> {
    let buffer = args.pointer(kernel, 0)?;
    let length = text.len() as u64;
    let some = length.min(count.saturating_mul(width));
    if some > 0 {
        let taken = text.get(..some as usize).unwrap_or(&[]);
        kernel.mem.bytes_mut(buffer, some)?.copy_from_slice(taken);
    }
    if some < length {
        return Ok(u64::MAX);
    }
    if length < count.saturating_mul(width) {
        kernel.mem.bytes_mut(buffer.add(length), width)?.fill(0);
    }
    Ok(length / width)
}
