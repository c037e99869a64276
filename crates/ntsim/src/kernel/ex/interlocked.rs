//! Interlocked lists: doubly linked ones under a spin lock of the driver's, and sequenced singly linked ones.
//!
//! The routines for doubly linked lists hold the lock for their own work only, with interrupts off, so they may be
//! called at any `IRQL`. Each is one step here; while another thread has the lock, it waits in line.

use crate::{
    abi::LIST_ENTRY,
    kernel::{
        Kernel,
        export::{Args, Export, HIGH_LEVEL, Handler, Returns, RoutineFuture},
        ke,
    },
    mem::Addr,
    sched::{Cpu, DISPATCH_LEVEL},
    stop::Stop,
};

/// What a routine does to a list. Gives its result.
type Work = fn(&mut Kernel, Addr, Addr) -> Result<u64, Stop>;

const PUSH: &str = "wdm/nf-wdm-exinterlockedpushentryslist";
const POP: &str = "wdm/nf-wdm-exinterlockedpopentryslist";
const FLUSH: &str = "wdm/nf-wdm-exinterlockedflushslist";

/// `ExInterlockedInsertTailList` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "ExInterlockedInsertHeadList",
        "wdm/nf-wdm-exinterlockedinsertheadlist",
        HIGH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Try(|k, a| with_entry(k, a, insert_head), |c, a| with_entry_later(c, a, insert_head)),
    ),
    Export::new(
        "ExInterlockedInsertTailList",
        "wdm/nf-wdm-exinterlockedinserttaillist",
        HIGH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Try(|k, a| with_entry(k, a, insert_tail), |c, a| with_entry_later(c, a, insert_tail)),
    ),
    Export::new(
        "ExInterlockedRemoveHeadList",
        "wdm/nf-wdm-exinterlockedremoveheadlist",
        HIGH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Try(|k, a| list_only(k, a, remove_head), |c, a| list_only_later(c, a, remove_head)),
    ),
    Export::new(
        "ExInterlockedPushEntryList",
        "wdm/nf-wdm-exinterlockedpushentrylist",
        HIGH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Try(|k, a| with_entry(k, a, push), |c, a| with_entry_later(c, a, push)),
    ),
    Export::new(
        "ExInterlockedPopEntryList",
        "wdm/nf-wdm-exinterlockedpopentrylist",
        HIGH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Try(|k, a| list_only(k, a, pop), |c, a| list_only_later(c, a, pop)),
    ),
    Export::new(
        "InitializeSListHead",
        "wdm/nf-wdm-initializeslisthead",
        HIGH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(initialize_slist),
    ),
    slist("ExpInterlockedPushEntrySList", PUSH, push_slist),
    slist("InterlockedPushEntrySList", PUSH, push_slist),
    slist("ExpInterlockedPopEntrySList", POP, pop_slist),
    slist("InterlockedPopEntrySList", POP, pop_slist),
    slist("ExpInterlockedFlushSList", FLUSH, flush_slist),
    slist("InterlockedFlushSList", FLUSH, flush_slist),
    Export::new(
        "ExQueryDepthSList",
        "wdm/nf-wdm-exquerydepthslist",
        HIGH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(slist_depth),
    ),
];

const fn slist(
    name: &'static str,
    page: &'static str,
    routine: fn(&mut Kernel, Args) -> Result<u64, Stop>,
) -> Export {
    Export::new(name, page, DISPATCH_LEVEL, Returns::Pointer, &[], Handler::Sync(routine))
}

fn with_entry(kernel: &mut Kernel, args: Args, work: Work) -> Result<Option<u64>, Stop> {
    let (list, entry) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let lock = args.pointer(kernel, 2)?;
    if kernel.spin_lock_is_free(lock)? { work(kernel, list, entry).map(Some) } else { Ok(None) }
}

fn list_only(kernel: &mut Kernel, args: Args, work: Work) -> Result<Option<u64>, Stop> {
    let (list, lock) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    if kernel.spin_lock_is_free(lock)? { work(kernel, list, Addr::NULL).map(Some) } else { Ok(None) }
}

fn with_entry_later(cpu: Cpu, args: Args, work: Work) -> RoutineFuture {
    Box::pin(async move {
        let (list, entry, lock) = {
            let kernel = cpu.look();
            (args.pointer(&kernel, 0)?, args.pointer(&kernel, 1)?, args.pointer(&kernel, 2)?)
        };
        under(&cpu, lock, |kernel| work(kernel, list, entry)).await
    })
}

fn list_only_later(cpu: Cpu, args: Args, work: Work) -> RoutineFuture {
    Box::pin(async move {
        let (list, lock) = {
            let kernel = cpu.look();
            (args.pointer(&kernel, 0)?, args.pointer(&kernel, 1)?)
        };
        under(&cpu, lock, |kernel| work(kernel, list, Addr::NULL)).await
    })
}

async fn under(
    cpu: &Cpu,
    lock: Addr,
    work: impl FnOnce(&mut Kernel) -> Result<u64, Stop>,
) -> Result<u64, Stop> {
    let irql = ke::acquire_spin_lock(cpu, lock).await?;
    let mut kernel = cpu.k();
    let result = work(&mut kernel);
    kernel.release_spin_lock(lock, irql)?;
    result
}

/// Links an entry between two that are neighbours.
fn link(kernel: &mut Kernel, before: Addr, entry: Addr, after: Addr) -> Result<(), Stop> {
    kernel.mem.write(entry, &LIST_ENTRY { Flink: after, Blink: before })?;
    kernel.mem.at_mut::<LIST_ENTRY>(before)?.Flink = entry;
    kernel.mem.at_mut::<LIST_ENTRY>(after)?.Blink = entry;
    Ok(())
}

/// What was first before, NULL for an empty list.
fn insert_head(kernel: &mut Kernel, list: Addr, entry: Addr) -> Result<u64, Stop> {
    kernel.tell_queued_by_routine(entry);
    let first = kernel.mem.at::<LIST_ENTRY>(list)?.Flink;
    link(kernel, list, entry, first)?;
    Ok(if first == list { 0 } else { first.0 })
}

/// What was last before, NULL for an empty list.
fn insert_tail(kernel: &mut Kernel, list: Addr, entry: Addr) -> Result<u64, Stop> {
    kernel.tell_queued_by_routine(entry);
    let tail = kernel.mem.at::<LIST_ENTRY>(list)?.Blink;
    link(kernel, tail, entry, list)?;
    Ok(if tail == list { 0 } else { tail.0 })
}

fn remove_head(kernel: &mut Kernel, list: Addr, _: Addr) -> Result<u64, Stop> {
    let first = kernel.mem.at::<LIST_ENTRY>(list)?.Flink;
    if first == list {
        return Ok(0);
    }
    let second = kernel.mem.at::<LIST_ENTRY>(first)?.Flink;
    kernel.mem.at_mut::<LIST_ENTRY>(list)?.Flink = second;
    kernel.mem.at_mut::<LIST_ENTRY>(second)?.Blink = list;
    Ok(first.0)
}

/// A singly linked list is a pointer to its first entry, which begins with a pointer to the next.
fn push(kernel: &mut Kernel, list: Addr, entry: Addr) -> Result<u64, Stop> {
    kernel.tell_queued_by_routine(entry);
    let first: Addr = kernel.mem.read(list)?;
    kernel.mem.write(entry, &first)?;
    kernel.mem.write(list, &entry)?;
    Ok(first.0)
}

fn pop(kernel: &mut Kernel, list: Addr, _: Addr) -> Result<u64, Stop> {
    let first: Addr = kernel.mem.read(list)?;
    if !first.is_null() {
        let second: Addr = kernel.mem.read(first)?;
        kernel.mem.write(list, &second)?;
    }
    Ok(first.0)
}

/// `SLIST_HEADER` (x64): the depth in the lowest two bytes of the first word, the first entry in the second. The
/// sequence between them, which guards against reuse, is not needed where a routine is one step.
const SLIST_FIRST: u64 = 8;

fn initialize_slist(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let list = args.pointer(kernel, 0)?;
    kernel.mem.write(list, &[0_u64; 2])?;
    Ok(0)
}

fn count(kernel: &mut Kernel, list: Addr, change: impl FnOnce(u16) -> u16) -> Result<(), Stop> {
    let depth: u16 = kernel.mem.read(list)?;
    kernel.mem.write(list, &change(depth))?;
    Ok(())
}

fn push_slist(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (list, entry) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    count(kernel, list, |depth| depth.wrapping_add(1))?;
    push(kernel, list.add(SLIST_FIRST), entry)
}

fn pop_slist(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let list = args.pointer(kernel, 0)?;
    let entry = pop(kernel, list.add(SLIST_FIRST), Addr::NULL)?;
    if entry != 0 {
        count(kernel, list, |depth| depth.wrapping_sub(1))?;
    }
    Ok(entry)
}

fn flush_slist(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let list = args.pointer(kernel, 0)?;
    let first: u64 = kernel.mem.read(list.add(SLIST_FIRST))?;
    kernel.mem.write(list, &[0_u64; 2])?;
    Ok(first)
}

fn slist_depth(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let list = args.pointer(kernel, 0)?;
    Ok(u64::from(kernel.mem.read::<u16>(list)?))
}
