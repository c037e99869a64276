//! Physically contiguous memory, which every allocation is here, and physical addresses.

use nt_trace::event::PoolKind;

use super::{
    Kernel,
    export::{Args, Export, Handler, Returns},
};
use crate::{
    abi::status::STATUS_INSUFFICIENT_RESOURCES,
    mem::{Fill, KERNEL_BASE},
    sched::DISPATCH_LEVEL,
    stop::Stop,
};

/// `MmAllocateContiguousMemory` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "MmAllocateContiguousMemory",
        "wdm/nf-wdm-mmallocatecontiguousmemory",
        DISPATCH_LEVEL,
        Returns::Pointer,
        &[STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Sync(allocate),
    ),
    Export::new(
        "MmFreeContiguousMemory",
        "wdm/nf-wdm-mmfreecontiguousmemory",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(free),
    ),
    Export::new(
        "MmGetPhysicalAddress",
        "wdm/nf-wdm-mmgetphysicaladdress",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(physical_address),
    ),
];

/// The tag that such memory is reported with.
const TAG: u32 = u32::from_le_bytes(*b"MmCm");

fn allocate(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let size = args.get(kernel, 0)?;
    if kernel.fault("MmAllocateContiguousMemory").is_some() {
        return Ok(0);
    }
    Ok(kernel.pool_allocate(PoolKind::NonPagedExecute, size, TAG, Fill::Poison)?.0)
}

fn free(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let address = args.pointer(kernel, 0)?;
    kernel.pool_free(address, TAG)?;
    Ok(0)
}

fn physical_address(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let address = args.pointer(kernel, 0)?;
    kernel.mem.bytes(address, 1)?;
    Ok(address.0.wrapping_sub(KERNEL_BASE.0))
}
