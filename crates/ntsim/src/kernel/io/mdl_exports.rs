//! The driver's calls that concern MDLs.

use nt_trace::{ObjectId, event::MdlAllocated};

use crate::{
    abi::{
        IRP, MDL,
        status::{STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES},
    },
    kernel::{
        Kernel,
        bug_check::{bug_check, exception},
        export::{Args, Export, Handler, Returns},
    },
    mem::{Addr, PAGE_SIZE},
    sched::DISPATCH_LEVEL,
    stop::Stop,
};

const NO_MEMORY: &[u32] = &[STATUS_INSUFFICIENT_RESOURCES.0];

/// `IoAllocateMdl` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoAllocateMdl",
        "wdm/nf-wdm-ioallocatemdl",
        DISPATCH_LEVEL,
        Returns::Pointer,
        NO_MEMORY,
        Handler::Sync(allocate),
    ),
    Export::new("IoFreeMdl", "wdm/nf-wdm-iofreemdl", DISPATCH_LEVEL, Returns::Void, &[], Handler::Sync(free)),
    Export::new(
        "IoBuildPartialMdl",
        "wdm/nf-wdm-iobuildpartialmdl",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(build_partial),
    ),
    Export::new(
        "MmBuildMdlForNonPagedPool",
        "wdm/nf-wdm-mmbuildmdlfornonpagedpool",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(build_for_pool),
    ),
    Export::new(
        "MmProbeAndLockPages",
        "wdm/nf-wdm-mmprobeandlockpages",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(probe_and_lock),
    ),
    Export::new(
        "MmUnlockPages",
        "wdm/nf-wdm-mmunlockpages",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(unlock),
    ),
    Export::new(
        "MmMapLockedPagesSpecifyCache",
        "wdm/nf-wdm-mmmaplockedpagesspecifycache",
        DISPATCH_LEVEL,
        Returns::Pointer,
        NO_MEMORY,
        Handler::Sync(map_locked),
    ),
    Export::new(
        "MmMapLockedPages",
        "wdm/nf-wdm-mmmaplockedpages",
        DISPATCH_LEVEL,
        Returns::Pointer,
        NO_MEMORY,
        Handler::Sync(map_locked),
    ),
    Export::new(
        "MmUnmapLockedPages",
        "wdm/nf-wdm-mmunmaplockedpages",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(unmap_locked),
    ),
];

fn allocate(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (address, length) = (args.pointer(kernel, 0)?, args.ulong(kernel, 1)?);
    let (secondary, irp) = (args.byte(kernel, 2)? != 0, args.pointer(kernel, 4)?);
    if kernel.fault("IoAllocateMdl").is_some() {
        kernel.emit(MdlAllocated { mdl: ObjectId::NONE, length: u64::from(length) });
        return Ok(0);
    }
    let mdl = kernel.allocate_mdl(address, length, true)?;
    if irp.is_null() {
        return Ok(mdl.0);
    }
    let first = kernel.irp(irp)?.MdlAddress;
    if secondary && !first.is_null() {
        let mut last = first;
        while let next @ Addr(1..) = kernel.mem.at::<MDL>(last)?.Next {
            last = next;
        }
        kernel.mem.at_mut::<MDL>(last)?.Next = mdl;
    } else {
        kernel.irp_mut(irp, |header: &mut IRP| header.MdlAddress = mdl)?;
    }
    Ok(mdl.0)
}

fn free(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let mdl = args.pointer(kernel, 0)?;
    kernel.free_mdl(mdl)?;
    Ok(0)
}

fn build_partial(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (source, target) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (address, length) = (args.pointer(kernel, 2)?, args.ulong(kernel, 3)?);
    let from = *kernel.mem.at::<MDL>(source)?;
    let offset = address.0.wrapping_sub(from.virtual_address().0);
    let rest = u64::from(from.ByteCount).checked_sub(offset);
    let length = if length == 0 { rest } else { Some(u64::from(length)) };
    let Some(length) = length.filter(|length| rest.is_some_and(|rest| *length <= rest)) else {
        let text = format!("IoBuildPartialMdl beyond what {} describes", kernel.object(source));
        return Err(bug_check(0xC4, 0xB7, text));
    };
    let start = Addr(address.0 & !(PAGE_SIZE - 1));
    let pages = (address.0 - start.0 + length).div_ceil(PAGE_SIZE);
    let to: &mut MDL = kernel.mem.at_mut(target)?;
    if size_of::<MDL>() as u64 + pages * 8 > u64::from(to.Size.unsigned_abs()) {
        let text = format!("IoBuildPartialMdl: {} is too small", kernel.object(target));
        return Err(bug_check(0xC4, 0xB7, text));
    }
    to.StartVa = start;
    // CAST: smaller than a page; not more than the source's ByteCount.
    (to.ByteOffset, to.ByteCount) = ((address.0 - start.0) as u32, length as u32);
    to.Process = from.Process;
    let kept = MDL::SOURCE_IS_NONPAGED_POOL | MDL::MAPPED_TO_SYSTEM_VA | MDL::WRITE_OPERATION;
    let fixed = to.MdlFlags & MDL::ALLOCATED_FIXED_SIZE;
    to.MdlFlags = fixed | MDL::PARTIAL | (from.MdlFlags & kept);
    if from.MdlFlags & (MDL::SOURCE_IS_NONPAGED_POOL | MDL::MAPPED_TO_SYSTEM_VA) != 0 {
        to.MappedSystemVa = from.MappedSystemVa.add(offset);
    }
    Ok(0)
}

fn build_for_pool(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let mdl = args.pointer(kernel, 0)?;
    let memory = *kernel.mem.at::<MDL>(mdl)?;
    let address = memory.virtual_address();
    kernel.mem.bytes(address, u64::from(memory.ByteCount))?;
    let memory: &mut MDL = kernel.mem.at_mut(mdl)?;
    memory.MappedSystemVa = address;
    memory.MdlFlags |= MDL::SOURCE_IS_NONPAGED_POOL;
    Ok(0)
}

fn probe_and_lock(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (mdl, operation) = (args.pointer(kernel, 0)?, args.ulong(kernel, 2)?);
    let memory = *kernel.mem.at::<MDL>(mdl)?;
    let address = memory.virtual_address();
    if kernel.mem.bytes(address, u64::from(memory.ByteCount)).is_err() {
        let text = format!("MmProbeAndLockPages of {address}, which is not there");
        return Err(exception(STATUS_ACCESS_VIOLATION.0, text));
    }
    let memory: &mut MDL = kernel.mem.at_mut(mdl)?;
    memory.MdlFlags |= MDL::PAGES_LOCKED;
    if operation != 0 {
        memory.MdlFlags |= MDL::WRITE_OPERATION;
    }
    Ok(0)
}

fn unlock(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let mdl = args.pointer(kernel, 0)?;
    kernel.unmap_mdl(mdl)?;
    let memory: &mut MDL = kernel.mem.at_mut(mdl)?;
    if memory.MdlFlags & MDL::PAGES_LOCKED == 0 {
        let text = format!("MmUnlockPages of {}, which is not locked", kernel.object(mdl));
        return Err(bug_check(0xC4, 0xBB, text));
    }
    memory.MdlFlags &= !MDL::PAGES_LOCKED;
    Ok(0)
}

fn map_locked(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let mdl = args.pointer(kernel, 0)?;
    if kernel.fault("MmMapLockedPagesSpecifyCache").is_some() {
        return Ok(0);
    }
    Ok(kernel.map_mdl(mdl)?.0)
}

fn unmap_locked(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let mdl = args.pointer(kernel, 1)?;
    kernel.unmap_mdl(mdl)?;
    Ok(0)
}
