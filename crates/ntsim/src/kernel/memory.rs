//! The C run-time's memory routines, which the kernel exports.

use super::{
    Kernel,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns},
};
use crate::{mem::Addr, stop::Stop};

/// `memcpy` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new("memcpy", "c-runtime/memcpy", HIGH_LEVEL, Returns::Pointer, &[], Handler::Sync(memmove)),
    Export::new("memmove", "c-runtime/memmove", HIGH_LEVEL, Returns::Pointer, &[], Handler::Sync(memmove)),
    Export::new("memset", "c-runtime/memset", HIGH_LEVEL, Returns::Pointer, &[], Handler::Sync(memset)),
    Export::new("memcmp", "c-runtime/memcmp", HIGH_LEVEL, Returns::Number, &[], Handler::Sync(memcmp)),
    Export::new(
        "RtlCompareMemory",
        "wdm/nf-wdm-rtlcomparememory",
        HIGH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(compare_memory),
    ),
];

fn memmove(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (to, from) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let length = args.get(kernel, 2)?;
    if length > 0 {
        let bytes = kernel.mem.bytes(from, length)?.to_vec();
        kernel.touch(from, length, false);
        kernel.touch(to, length, true);
        kernel.mem.bytes_mut(to, length)?.copy_from_slice(&bytes);
        kernel.copied += length;
    }
    Ok(to.0)
}

fn memset(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (to, value) = (args.pointer(kernel, 0)?, args.byte(kernel, 1)?);
    let length = args.get(kernel, 2)?;
    if length > 0 {
        kernel.touch(to, length, true);
        kernel.mem.bytes_mut(to, length)?.fill(value);
    }
    Ok(to.0)
}

fn memcmp(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (left, right) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let length = args.get(kernel, 2)?;
    kernel.touch(left, length, false);
    kernel.touch(right, length, false);
    let order = if length == 0 {
        std::cmp::Ordering::Equal
    } else {
        kernel.mem.bytes(left, length)?.cmp(kernel.mem.bytes(right, length)?)
    };
    Ok((order as i64).cast_unsigned())
}

fn compare_memory(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (left, right) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let length = args.get(kernel, 2)?;
    if length == 0 {
        return Ok(0);
    }
    kernel.touch(left, length, false);
    kernel.touch(right, length, false);
    let pairs = kernel.mem.bytes(left, length)?.iter().zip(kernel.mem.bytes(right, length)?);
    Ok(pairs.take_while(|(left, right)| left == right).count() as u64)
}

impl Kernel {
    /// The NUL-terminated text at `address`, without its end.
    ///
    /// # Errors
    /// When it leaves the memory that it starts in before it ends.
    pub fn c_string(&self, address: Addr) -> Result<Vec<u8>, Stop> {
        let mut text = Vec::new();
        loop {
            let byte: u8 = self.mem.read(address.add(text.len() as u64))?;
            if byte == 0 {
                return Ok(text);
            }
            text.push(byte);
        }
    }

    /// The NUL-terminated UTF-16 text at `address`, without its end.
    ///
    /// # Errors
    /// When it leaves the memory that it starts in before it ends.
    pub fn wide_string(&self, address: Addr) -> Result<Vec<u16>, Stop> {
        let mut text = Vec::new();
        loop {
            let unit: u16 = self.mem.read(address.add(text.len() as u64 * 2))?;
            if unit == 0 {
                return Ok(text);
            }
            text.push(unit);
        }
    }
}
