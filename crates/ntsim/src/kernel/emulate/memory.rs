//! Memory that only a kernel has: the processor's KPCR behind `gs`, and `KUSER_SHARED_DATA`. Reads of the fields that
//! ntddk.h declares are emulated; there is nothing else there.

use super::{
    instruction::Decoded,
    may_be_memory, not_emulated,
    operation::{Done, load},
};
use crate::{
    cpu::{Context, Interruption, TrapKind},
    kernel::{Kernel, misc::TIME_INCREMENT},
    stop::Stop,
};

/// `KI_USER_SHARED_DATA`
const SHARED_DATA: u64 = 0xFFFF_F780_0000_0000;
/// Where a processor's KPCR goes by: the address of the page that no other processor's has.
const PROCESSORS: u64 = 0xFFFF_8300_0000_0000;
const STRIDE: u64 = 0x1_0000;
/// Offset of the KPRCB in the KPCR.
const PRCB: u64 = 0x180;
const PAGE: u64 = 0x1000;
/// `IA32_TIME_STAMP_COUNTER`
const TIME_STAMP_COUNTER: u64 = 0x10;
/// `IA32_GS_BASE`
const GS_BASE: u64 = 0xC000_0101;
/// Units of the time stamp counter in 100 ns: a processor of 1 GHz.
const COUNTS: u64 = 100;

/// What `rdmsr` gives for the registers that have a documented meaning for a driver.
pub(super) fn model_specific(kernel: &Kernel, number: u64) -> Option<u64> {
    match number {
        TIME_STAMP_COUNTER => Some(kernel.sched.now.wrapping_mul(COUNTS)),
        GS_BASE => Some(processor_region(kernel)),
        _ => None,
    }
}

/// The address that the KPCR of the processor goes by on which the thread runs.
fn processor_region(kernel: &Kernel) -> u64 {
    PROCESSORS + u64::from(kernel.sched.processor()) * STRIDE
}

/// Emulates an access to such memory. `Ok(None)`: the address is in none of it.
pub(super) fn access(
    kernel: &Kernel,
    interruption: &Interruption,
    decoded: &Decoded,
    mut after: Context,
    bytes: &[u8],
) -> Result<Option<Context>, Stop> {
    let context = &interruption.context;
    if !may_be_memory(interruption) {
        return Ok(None);
    }
    let Some((address, size)) = decoded.memory(context) else { return Ok(None) };
    let (name, offset, field) = if decoded.is_in_gs() {
        ("gs", address.0, processor_field(kernel, address.0))
    } else if (SHARED_DATA..SHARED_DATA + PAGE).contains(&address.0) {
        let offset = address.0 - SHARED_DATA;
        ("KUSER_SHARED_DATA", offset, shared_field(kernel, offset))
    } else if address.0 >= PROCESSORS
        && address.0 - PROCESSORS < STRIDE * u64::from(kernel.sched.processors())
    {
        let offset = (address.0 - PROCESSORS) % STRIDE;
        ("KPCR", offset, processor_field(kernel, offset))
    } else {
        return Ok(None);
    };
    let what = || format!("{}: {size} bytes at {name}+{offset:#x}", decoded.text());
    if interruption.trap.kind == TrapKind::Write {
        return Err(not_emulated(kernel, context, bytes, &format!("a write, {}", what())));
    }
    let value = field.filter(|(_, room)| size <= *room).map(|(value, _)| value);
    let done = value.map(|value| load(decoded, value, &mut after));
    if done == Some(Done::Yes) { Ok(Some(after)) } else { Err(not_emulated(kernel, context, bytes, &what())) }
}

/// The field of the KPCR at an offset, and how many bytes there are of it.
fn processor_field(kernel: &Kernel, offset: u64) -> Option<(u64, u64)> {
    let number = u64::from(kernel.sched.processor());
    let region = processor_region(kernel);
    Some(match offset {
        // Self, CurrentPrcb, Irql, MajorVersion, MinorVersion
        0x18 => (region, 8),
        0x20 => (region + PRCB, 8),
        0x50 => (u64::from(kernel.sched.irql()), 1),
        0x60 | 0x62 => (1, 2),
        // In the KPRCB: Number, as old headers and as new ones read it, and CurrentThread.
        0x184 => (number, 2),
        0x188 => (kernel.thread_object(kernel.sched.current()).0, 8),
        0x1A4 => (number, 4),
        _ => return None,
    })
}

/// The field of `KUSER_SHARED_DATA` at an offset, and how many bytes there are of it.
fn shared_field(kernel: &Kernel, offset: u64) -> Option<(u64, u64)> {
    /// `KdDebuggerEnabled`, `NtProductType` and others that are one small number.
    const SMALL: &[(u64, u64, u64)] = &[
        // TickCountMultiplier: what a tick is in milliseconds, in units of 2^-24.
        (0x04, 4, TIME_INCREMENT * (1 << 24) / 10_000),
        // ImageNumberLow and ImageNumberHigh: IMAGE_FILE_MACHINE_AMD64.
        (0x2C, 2, 0x8664),
        (0x2E, 2, 0x8664),
        // NtBuildNumber of Windows 10 version 2004, NtProductWorkstation, ProductTypeIsValid.
        (0x260, 4, 19_041),
        (0x264, 4, 1),
        (0x268, 1, 1),
        // NtMajorVersion, NtMinorVersion
        (0x26C, 4, 10),
        (0x270, 4, 0),
        // KdDebuggerEnabled, SafeBootMode
        (0x2D4, 1, 0),
        (0x2EC, 1, 0),
    ];
    if let Some((_, size, value)) = SMALL.iter().find(|(at, _, _)| *at == offset) {
        return Some((*value, *size));
    }
    if offset == 0x3C0 {
        return Some((u64::from(kernel.sched.processors()), 4));
    }
    let ticks = kernel.sched.now / TIME_INCREMENT;
    // TickCountLowDeprecated
    if offset == 0 {
        return Some((ticks & 0xFFFF_FFFF, 4));
    }
    // KSYSTEM_TIME: the low half, and the high one twice. Each is InterruptTime, SystemTime, TimeZoneBias, TickCount.
    let times =
        [(0x08, kernel.sched.now), (0x14, kernel.system_time().cast_unsigned()), (0x20, 0), (0x320, ticks)];
    times.into_iter().find_map(|(at, time)| match offset.wrapping_sub(at) {
        0 => Some((time, 8)),
        4 | 8 => Some((time >> 32, 4)),
        _ => None,
    })
}
