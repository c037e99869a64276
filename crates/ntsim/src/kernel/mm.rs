//! Memory that is given out by the page, and code that is locked and let go. Nothing is ever paged out here.

use nt_trace::event::PoolKind;

use super::{
    Kernel,
    bug_check::exception,
    export::{Args, Export, Handler, Returns},
};
use crate::{
    abi::status::{STATUS_ACCESS_VIOLATION, STATUS_DATATYPE_MISALIGNMENT, STATUS_INSUFFICIENT_RESOURCES},
    mem::{Addr, Fill, SYSTEM_RANGE_START},
    sched::{APC_LEVEL, DISPATCH_LEVEL},
    stop::Stop,
};

const NO_MEMORY: &[u32] = &[STATUS_INSUFFICIENT_RESOURCES.0];

/// `MmLockPagableDataSection` and its siblings, `ProbeForRead` and `ProbeForWrite`.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "MmAllocateNonCachedMemory",
        "ntddk/nf-ntddk-mmallocatenoncachedmemory",
        APC_LEVEL,
        Returns::Pointer,
        NO_MEMORY,
        Handler::Sync(allocate),
    ),
    Export::new(
        "MmFreeNonCachedMemory",
        "ntddk/nf-ntddk-mmfreenoncachedmemory",
        APC_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(free),
    ),
    Export::new(
        "MmLockPagableDataSection",
        "wdm/nf-wdm-mmlockpagabledatasection",
        APC_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(lock_section),
    ),
    Export::new(
        "MmLockPagableSectionByHandle",
        "ntddk/nf-ntddk-mmlockpagablesectionbyhandle",
        APC_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(|_, _| Ok(0)),
    ),
    Export::new(
        "MmUnlockPagableImageSection",
        "wdm/nf-wdm-mmunlockpagableimagesection",
        APC_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(|_, _| Ok(0)),
    ),
    Export::new(
        "MmPageEntireDriver",
        "wdm/nf-wdm-mmpageentiredriver",
        APC_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Sync(base_of_image),
    ),
    Export::new(
        "MmResetDriverPaging",
        "wdm/nf-wdm-mmresetdriverpaging",
        APC_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(|_, _| Ok(0)),
    ),
    Export::new(
        "MmIsAddressValid",
        "ntddk/nf-ntddk-mmisaddressvalid",
        DISPATCH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(is_valid),
    ),
    Export::new(
        "ProbeForRead",
        "wdm/nf-wdm-probeforread",
        APC_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(|k, a| probe(k, a, false)),
    ),
    Export::new(
        "ProbeForWrite",
        "wdm/nf-wdm-probeforwrite",
        APC_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(|k, a| probe(k, a, true)),
    ),
];

/// The tag that such memory is reported with.
const TAG: u32 = u32::from_le_bytes(*b"MmNc");

fn allocate(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let size = args.get(kernel, 0)?;
    if kernel.fault("MmAllocateNonCachedMemory").is_some() {
        return Ok(0);
    }
    Ok(kernel.pool_allocate(PoolKind::NonPaged, size, TAG, Fill::Poison)?.0)
}

fn free(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let memory = args.pointer(kernel, 0)?;
    kernel.pool_free(memory, TAG)?;
    Ok(0)
}

/// The handle is the address that was asked about.
fn lock_section(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let address = args.pointer(kernel, 0)?;
    kernel.mem.bytes(address, 1)?;
    Ok(address.0)
}

fn base_of_image(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let address = args.pointer(kernel, 0)?;
    kernel.mem.bytes(address, 1)?;
    Ok(kernel.mem.image().map_or(0, |(base, _)| base.0))
}

fn is_valid(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let address = args.pointer(kernel, 0)?;
    Ok(u64::from(kernel.mem.bytes(address, 1).is_ok()))
}

/// Arguments: address, length, alignment. `ProbeForRead` looks at the range only, `ProbeForWrite` touches it.
fn probe(kernel: &Kernel, args: Args, write: bool) -> Result<u64, Stop> {
    let (address, length) = (args.pointer(kernel, 0)?, args.get(kernel, 1)?);
    let alignment = u64::from(args.ulong(kernel, 2)?);
    if length == 0 {
        return Ok(0);
    }
    let name = if write { "ProbeForWrite" } else { "ProbeForRead" };
    if alignment > 1 && !address.0.is_multiple_of(alignment) {
        let text = format!("{name} of {address}, which is not aligned");
        return Err(exception(STATUS_DATATYPE_MISALIGNMENT.0, text));
    }
    let end = Addr(address.0.saturating_add(length));
    let there = !write || kernel.mem.bytes(address, length).is_ok();
    if end > SYSTEM_RANGE_START || !there {
        let text = format!("{name} of {address}, which is no user memory");
        return Err(exception(STATUS_ACCESS_VIOLATION.0, text));
    }
    Ok(0)
}
