//! The C run-time's strings, which the kernel exports for drivers of other compilers.

use super::{
    Kernel,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns},
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
    routine("_snprintf", "c-runtime/snprintf", Returns::Number, snprintf),
    routine("_snwprintf", "c-runtime/snprintf", Returns::Number, snwprintf),
    routine("_vsnprintf", "c-runtime/vsnprintf", Returns::Number, vsnprintf),
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
    let (left, right) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    Ok(sign(kernel.c_string(left)?.cmp(&kernel.c_string(right)?)))
}

fn strncmp(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    compare(kernel, args, 1)
}

fn wcsncmp(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    compare(kernel, args, 2)
}

/// Compares up to a count of characters of `width` bytes, and not beyond the first terminator.
fn compare(kernel: &Kernel, args: Args, width: u64) -> Result<u64, Stop> {
    let (left, right) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let read = |from: Addr, index: u64| -> Result<u16, Stop> {
        let at = from.add(index * width);
        Ok(if width == 1 { u16::from(kernel.mem.read::<u8>(at)?) } else { kernel.mem.read(at)? })
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

fn snprintf(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let format = kernel.c_string(args.pointer(kernel, 2)?)?;
    let text = kernel.format(&format, args, 3)?;
    store(kernel, args, text.as_bytes(), 1)
}

/// The variable arguments of this convention are an array like any other call's.
fn vsnprintf(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let format = kernel.c_string(args.pointer(kernel, 2)?)?;
    let variable = Args { base: args.pointer(kernel, 3)?, site: args.site };
    let text = kernel.format(&format, variable, 0)?;
    store(kernel, args, text.as_bytes(), 1)
}

fn snwprintf(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let format = kernel.wide_string(args.pointer(kernel, 2)?)?;
    let format = String::from_utf16_lossy(&format);
    let text = kernel.format(format.as_bytes(), args, 3)?;
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    store(kernel, args, &bytes, 2)
}

/// Stores text of characters of `width` bytes, and its terminator if there is room. Gives its length, or -1
/// when it was cut.
fn store(kernel: &mut Kernel, args: Args, text: &[u8], width: u64) -> Result<u64, Stop> {
    let (buffer, count) = (args.pointer(kernel, 0)?, args.get(kernel, 1)?);
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
