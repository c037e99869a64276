//! The run-time library's strings.

use nt_trace::{ObjectKind, event::InterfaceStringFreed};

use super::{
    Kernel, answer,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns},
};
use crate::{
    abi::{
        GUID, UNICODE_STRING,
        status::{
            STATUS_BUFFER_OVERFLOW, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER, STATUS_SUCCESS,
        },
    },
    mem::{Addr, Fill},
    sched::PASSIVE_LEVEL,
    stop::Stop,
};

/// `RtlInitUnicodeString` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "RtlInitUnicodeString",
        "wdm/nf-wdm-rtlinitunicodestring",
        HIGH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(init_unicode_string),
    ),
    Export::new(
        "RtlFreeUnicodeString",
        "wdm/nf-wdm-rtlfreeunicodestring",
        PASSIVE_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(free_string),
    ),
    Export::new(
        "RtlFreeAnsiString",
        "wdm/nf-wdm-rtlfreeansistring",
        PASSIVE_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(free_string),
    ),
    Export::new(
        "RtlCopyUnicodeString",
        "wdm/nf-wdm-rtlcopyunicodestring",
        PASSIVE_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(copy_unicode_string),
    ),
    Export::new(
        "RtlEqualUnicodeString",
        "wdm/nf-wdm-rtlequalunicodestring",
        PASSIVE_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(equal_unicode_string),
    ),
    Export::new(
        "RtlUnicodeStringToAnsiString",
        "wdm/nf-wdm-rtlunicodestringtoansistring",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Sync(to_ansi_string),
    ),
    Export::new(
        "RtlGUIDFromString",
        "wdm/nf-wdm-rtlguidfromstring",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INVALID_PARAMETER.0],
        Handler::Sync(guid_from_string),
    ),
];

impl Kernel {
    /// The text of a counted string.
    ///
    /// # Errors
    /// When its buffer is not the driver's.
    pub fn counted_text(&self, string: &UNICODE_STRING) -> Result<String, Stop> {
        if string.Length == 0 {
            return Ok(String::new());
        }
        let bytes = self.mem.bytes(string.Buffer, u64::from(string.Length))?;
        let (units, _) = bytes.as_chunks();
        let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
        Ok(String::from_utf16_lossy(&units))
    }

    /// Allocates a buffer for text of the kernel's that the driver is to free, and fills in a counted string
    /// for it. A terminator follows the text.
    ///
    /// # Errors
    /// When the host refuses memory.
    pub(super) fn give_string(&mut self, kind: ObjectKind, text: &str) -> Result<UNICODE_STRING, Stop> {
        let units: Vec<u16> = text.encode_utf16().chain([0]).collect();
        let bytes = units.len() as u64 * 2;
        let pool = nt_trace::event::PoolKind::Paged;
        let buffer = self.allocate_block(kind, pool, bytes, 0, Fill::Zero, false)?;
        for (index, unit) in units.iter().enumerate() {
            self.mem.write(buffer.add(index as u64 * 2), unit)?;
        }
        let maximum = u16::try_from(bytes).unwrap_or(u16::MAX);
        Ok(UNICODE_STRING::new(maximum.saturating_sub(2), maximum, buffer))
    }
}

fn init_unicode_string(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (string, source) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let length = if source.is_null() { None } else { Some(kernel.wide_string(source)?.len() * 2) };
    let length = length.and_then(|length| u16::try_from(length).ok());
    let maximum = length.map_or(0, |length| length.saturating_add(2));
    kernel.mem.write(string, &UNICODE_STRING::new(length.unwrap_or(0), maximum, source))?;
    Ok(0)
}

/// Frees the buffer that another routine allocated, and forgets it. An empty string is left alone.
fn free_string(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let at = args.pointer(kernel, 0)?;
    let string: UNICODE_STRING = kernel.mem.read(at)?;
    if string.Buffer.is_null() {
        return Ok(0);
    }
    let interface = kernel.object(string.Buffer);
    if interface.kind == ObjectKind::Interface {
        kernel.emit(InterfaceStringFreed { interface });
    }
    kernel.pool_free(string.Buffer, 0)?;
    kernel.mem.write(at, &UNICODE_STRING::new(0, 0, Addr::NULL))?;
    Ok(0)
}

fn copy_unicode_string(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (to, from) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let mut target: UNICODE_STRING = kernel.mem.read(to)?;
    target.Length = 0;
    if !from.is_null() {
        let source: UNICODE_STRING = kernel.mem.read(from)?;
        target.Length = source.Length.min(target.MaximumLength);
        if target.Length > 0 {
            let bytes = kernel.mem.bytes(source.Buffer, u64::from(target.Length))?.to_vec();
            kernel.mem.bytes_mut(target.Buffer, u64::from(target.Length))?.copy_from_slice(&bytes);
        }
    }
    kernel.mem.write(to, &target)?;
    Ok(0)
}

fn equal_unicode_string(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let left: UNICODE_STRING = kernel.mem.read(args.pointer(kernel, 0)?)?;
    let right: UNICODE_STRING = kernel.mem.read(args.pointer(kernel, 1)?)?;
    let ignore_case = args.byte(kernel, 2)? != 0;
    let (left, right) = (kernel.counted_text(&left)?, kernel.counted_text(&right)?);
    let equal = if ignore_case { left.to_uppercase() == right.to_uppercase() } else { left == right };
    Ok(u64::from(equal))
}

fn to_ansi_string(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (to, from) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let allocate = args.byte(kernel, 2)? != 0;
    let source: UNICODE_STRING = kernel.mem.read(from)?;
    let text = kernel.counted_text(&source)?;
    let mut bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
    bytes.push(0);
    let size = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut target: UNICODE_STRING = kernel.mem.read(to)?;
    if allocate {
        if let Some(status) = kernel.fault("RtlUnicodeStringToAnsiString") {
            return Ok(answer(status));
        }
        let pool = nt_trace::event::PoolKind::Paged;
        let buffer = kernel.allocate_block(ObjectKind::Pool, pool, u64::from(size), 0, Fill::Zero, true)?;
        target = UNICODE_STRING::new(0, size, buffer);
    } else if target.MaximumLength < size {
        return Ok(answer(STATUS_BUFFER_OVERFLOW));
    }
    target.Length = size - 1;
    kernel.mem.bytes_mut(target.Buffer, u64::from(size))?.copy_from_slice(&bytes);
    kernel.mem.write(to, &target)?;
    Ok(answer(STATUS_SUCCESS))
}

fn guid_from_string(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let string: UNICODE_STRING = kernel.mem.read(args.pointer(kernel, 0)?)?;
    let text = kernel.counted_text(&string)?;
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let shaped = inner.filter(|text| text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12]));
    let digits = shaped.map(|text| text.replace('-', ""));
    let Some(digits) = digits.and_then(|digits| u128::from_str_radix(&digits, 16).ok()) else {
        return Ok(answer(STATUS_INVALID_PARAMETER));
    };
    let out = args.pointer(kernel, 1)?;
    kernel.mem.write(out, &GUID::from_u128(digits))?;
    Ok(answer(STATUS_SUCCESS))
}
