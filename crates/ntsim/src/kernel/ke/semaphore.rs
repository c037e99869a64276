//! Semaphores.

use nt_trace::{
    ObjectKind,
    event::{Actor, EventSignalled},
};

use crate::{
    abi::{DISPATCHER_HEADER, KSEMAPHORE, LIST_ENTRY},
    kernel::{
        Kernel,
        bug_check::exception,
        export::{Args, Export, HIGH_LEVEL, Handler, Returns},
    },
    sched::DISPATCH_LEVEL,
    stop::Stop,
};

/// `KeInitializeSemaphore` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "KeInitializeSemaphore",
        "wdm/nf-wdm-keinitializesemaphore",
        HIGH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(initialize),
    ),
    Export::new(
        "KeReleaseSemaphore",
        "wdm/nf-wdm-kereleasesemaphore",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(release),
    ),
    Export::new(
        "KeReadStateSemaphore",
        "wdm/nf-wdm-kereadstatesemaphore",
        HIGH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(read_state),
    ),
];

/// `STATUS_SEMAPHORE_LIMIT_EXCEEDED`
const LIMIT_EXCEEDED: u32 = 0xC000_0047;

fn initialize(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let semaphore = args.pointer(kernel, 0)?;
    let (count, limit) = (args.ulong(kernel, 1)?.cast_signed(), args.ulong(kernel, 2)?.cast_signed());
    let list = semaphore.field(std::mem::offset_of!(DISPATCHER_HEADER, WaitListHead));
    let object: &mut KSEMAPHORE = kernel.mem.at_mut(semaphore)?;
    object.Header.Type = DISPATCHER_HEADER::SEMAPHORE;
    object.Header.SignalState = count;
    object.Header.WaitListHead = LIST_ENTRY::empty(list);
    object.Limit = limit;
    kernel.rename(semaphore, ObjectKind::Event);
    Ok(0)
}

fn release(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (semaphore, adjustment) = (args.pointer(kernel, 0)?, args.ulong(kernel, 2)?.cast_signed());
    let wait = args.byte(kernel, 3)? != 0;
    let name = kernel.name_of(semaphore, ObjectKind::Event);
    kernel.emit(EventSignalled { object: name, by: Actor::Driver, wait });
    let object: &mut KSEMAPHORE = kernel.mem.at_mut(semaphore)?;
    let before = object.Header.SignalState;
    let after = before.checked_add(adjustment).filter(|after| *after <= object.Limit && adjustment >= 0);
    let Some(after) = after else {
        return Err(exception(LIMIT_EXCEEDED, format!("KeReleaseSemaphore beyond the limit of {name}")));
    };
    object.Header.SignalState = after;
    kernel.release_waiters(semaphore)?;
    Ok(i64::from(before).cast_unsigned())
}

fn read_state(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let semaphore = args.pointer(kernel, 0)?;
    Ok(i64::from(kernel.mem.at::<KSEMAPHORE>(semaphore)?.Header.SignalState).cast_unsigned())
}
