//! Entries of the error log.

use crate::{
    abi::status::STATUS_INSUFFICIENT_RESOURCES,
    kernel::{
        Kernel,
        export::{Args, Export, Handler, Returns},
    },
    mem::Fill,
    sched::DISPATCH_LEVEL,
    stop::Stop,
};

/// `IoAllocateErrorLogEntry` and `IoWriteErrorLogEntry`, which takes the entry back.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoAllocateErrorLogEntry",
        "wdm/nf-wdm-ioallocateerrorlogentry",
        DISPATCH_LEVEL,
        Returns::Pointer,
        &[STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Sync(allocate),
    ),
    Export::new(
        "IoWriteErrorLogEntry",
        "wdm/nf-wdm-iowriteerrorlogentry",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(write),
    ),
];

fn allocate(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let size = args.byte(kernel, 1)?;
    if kernel.fault("IoAllocateErrorLogEntry").is_some() {
        return Ok(0);
    }
    Ok(kernel.system_allocate(u64::from(size), Fill::Zero)?.0)
}

fn write(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let entry = args.pointer(kernel, 0)?;
    kernel.pool_free(entry, 0)?;
    Ok(0)
}
