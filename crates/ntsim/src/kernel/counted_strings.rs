//! `RtlAppendUnicodeToString` and other routines for counted strings, and two of the hardware abstraction layer.

use super::{
    Kernel, answer,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns},
};
use crate::{
    abi::{
        UNICODE_STRING,
        status::{STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_TOO_SMALL, STATUS_SUCCESS},
    },
    mem::Addr,
    sched::PASSIVE_LEVEL,
    stop::Stop,
};

/// The routines.
pub const EXPORTS: &[Export] = &[
    any("RtlInitAnsiString", "wdm/nf-wdm-rtlinitansistring", Returns::Void, init_ansi),
    any("RtlInitString", "wdm/nf-wdm-rtlinitstring", Returns::Void, init_ansi),
    passive("RtlAppendUnicodeToString", "wdm/nf-wdm-rtlappendunicodetostring", Returns::Status, append_text),
    passive(
        "RtlAppendUnicodeStringToString",
        "wdm/nf-wdm-rtlappendunicodestringtostring",
        Returns::Status,
        append_string,
    ),
    passive(
        "RtlIntegerToUnicodeString",
        "wdm/nf-wdm-rtlintegertounicodestring",
        Returns::Status,
        integer_to_string,
    ),
    passive("RtlCompareUnicodeString", "wdm/nf-wdm-rtlcompareunicodestring", Returns::Number, compare),
    passive("RtlUpcaseUnicodeChar", "wdm/nf-wdm-rtlupcaseunicodechar", Returns::Number, upcase),
    any("KeStallExecutionProcessor", "wdm/nf-wdm-kestallexecutionprocessor", Returns::Void, stall),
    any("KeQueryPerformanceCounter", "wdm/nf-wdm-kequeryperformancecounter", Returns::Number, counter),
];

type Routine = fn(&mut Kernel, Args) -> Result<u64, Stop>;

const fn any(name: &'static str, page: &'static str, returns: Returns, code: Routine) -> Export {
    Export::new(name, page, HIGH_LEVEL, returns, &[], Handler::Sync(code))
}

const fn passive(name: &'static str, page: &'static str, returns: Returns, code: Routine) -> Export {
    Export::new(name, page, PASSIVE_LEVEL, returns, &[], Handler::Sync(code))
}

/// An `ANSI_STRING` is laid out as a `UNICODE_STRING`.
fn init_ansi(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (string, text) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let length = if text.is_null() { 0 } else { kernel.c_string(text)?.len().min(0xFFFE) };
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    let maximum = if text.is_null() { 0 } else { length + 1 };
    kernel.mem.write(string, &UNICODE_STRING::new(length, maximum, text))?;
    Ok(0)
}

fn append_text(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (string, text) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let units = if text.is_null() { Vec::new() } else { kernel.wide_string(text)? };
    append(kernel, string, &units)
}

fn append_string(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (string, source) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let source: UNICODE_STRING = kernel.mem.read(source)?;
    let units = units_of(kernel, &source)?;
    append(kernel, string, &units)
}

fn units_of(kernel: &Kernel, string: &UNICODE_STRING) -> Result<Vec<u16>, Stop> {
    let count = u64::from(string.Length / 2);
    let unit = |index| Ok(kernel.mem.read::<u16>(string.Buffer.add(index * 2))?);
    (0..count).map(unit).collect()
}

/// Puts text behind that of a string, and its end if there is room for one.
fn append(kernel: &mut Kernel, at: Addr, units: &[u16]) -> Result<u64, Stop> {
    let string: UNICODE_STRING = kernel.mem.read(at)?;
    let length = usize::from(string.Length) + units.len() * 2;
    if length > usize::from(string.MaximumLength) {
        return Ok(answer(STATUS_BUFFER_TOO_SMALL));
    }
    write(kernel, string.Buffer.add(u64::from(string.Length)), units)?;
    if length + 2 <= usize::from(string.MaximumLength) {
        kernel.mem.write(string.Buffer.add(length as u64), &0_u16)?;
    }
    kernel.mem.write(at, &(length as u16))?;
    Ok(answer(STATUS_SUCCESS))
}

fn write(kernel: &mut Kernel, at: Addr, units: &[u16]) -> Result<(), Stop> {
    for (index, unit) in units.iter().enumerate() {
        kernel.mem.write(at.add(index as u64 * 2), unit)?;
    }
    Ok(())
}

/// Arguments: value, base (0 is 10), string.
fn integer_to_string(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (value, base, at) = (args.ulong(kernel, 0)?, args.ulong(kernel, 1)?, args.pointer(kernel, 2)?);
    let text = match base {
        0 | 10 => value.to_string(),
        16 => format!("{value:X}"),
        8 => format!("{value:o}"),
        2 => format!("{value:b}"),
        _ => return Ok(answer(crate::abi::status::STATUS_INVALID_PARAMETER)),
    };
    let units: Vec<u16> = text.encode_utf16().collect();
    let string: UNICODE_STRING = kernel.mem.read(at)?;
    if units.len() * 2 > usize::from(string.MaximumLength) {
        return Ok(answer(STATUS_BUFFER_OVERFLOW));
    }
    write(kernel, string.Buffer, &units)?;
    if units.len() * 2 + 2 <= usize::from(string.MaximumLength) {
        kernel.mem.write(string.Buffer.add(units.len() as u64 * 2), &0_u16)?;
    }
    kernel.mem.write(at, &((units.len() * 2) as u16))?;
    Ok(answer(STATUS_SUCCESS))
}

/// Letters of ASCII only: the kernel's table of cases is not here.
const fn upper(unit: u16) -> u16 {
    match unit {
        0x61..=0x7A => unit - 0x20,
        other => other,
    }
}

fn compare(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let fold = args.byte(kernel, 2)? != 0;
    let read = |index: u64| -> Result<Vec<u16>, Stop> {
        let string: UNICODE_STRING = kernel.mem.read(args.pointer(kernel, index)?)?;
        let units = units_of(kernel, &string)?;
        Ok(units.into_iter().map(|unit| if fold { upper(unit) } else { unit }).collect())
    };
    Ok((read(0)?.cmp(&read(1)?) as i64).cast_unsigned())
}

fn upcase(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    Ok(u64::from(upper(args.ulong(kernel, 0)? as u16)))
}

/// The processor is busy for so many microseconds.
fn stall(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    kernel.sched.now += u64::from(args.ulong(kernel, 0)?) * 10;
    Ok(0)
}

/// The counter has 10 MHz, as simulated time.
fn counter(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    const FREQUENCY: u64 = 10_000_000;
    let frequency = args.pointer(kernel, 0)?;
    if !frequency.is_null() {
        kernel.mem.write(frequency, &FREQUENCY)?;
    }
    Ok(kernel.sched.now)
}
