//! Remove locks. Their tags are kept in a shadow beside the lock, so that they are checked for the lock of a
//! free build too, which does not store them.

use nt_trace::{
    ObjectId, ObjectKind,
    event::{
        RemoveLockAcquired, RemoveLockInitialised, RemoveLockReleased, RemoveLockWaitBegun,
        RemoveLockWaitEnded,
    },
};

use crate::{
    abi::{
        DISPATCHER_HEADER, IO_REMOVE_LOCK, IO_REMOVE_LOCK_VERIFIED,
        status::{STATUS_DELETE_PENDING, STATUS_SUCCESS},
    },
    kernel::{
        Kernel, answer,
        bug_check::verifier,
        export::{Args, Export, Handler, Returns, RoutineFuture},
        ke::Latch,
    },
    mem::Addr,
    sched::{Cpu, DISPATCH_LEVEL, PASSIVE_LEVEL},
    stop::Stop,
};

/// `IoInitializeRemoveLockEx` and its siblings, which the documented macros call.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoInitializeRemoveLockEx",
        "wdm/nf-wdm-ioinitializeremovelock",
        PASSIVE_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(initialize),
    ),
    Export::new(
        "IoAcquireRemoveLockEx",
        "wdm/nf-wdm-ioacquireremovelock",
        DISPATCH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(acquire),
    ),
    Export::new(
        "IoReleaseRemoveLockEx",
        "wdm/nf-wdm-ioreleaseremovelock",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(release),
    ),
    Export::new(
        "IoReleaseRemoveLockAndWaitEx",
        "wdm/nf-wdm-ioreleaseremovelockandwait",
        PASSIVE_LEVEL,
        Returns::Void,
        &[],
        Handler::Async(release_and_wait),
    ),
];

/// A remove lock's shadow.
#[derive(Debug)]
pub struct RemoveLock {
    /// Its name.
    pub id: ObjectId,
    /// `RemlockSize`: 32, or 120 for a driver built for the verifier.
    pub size: u32,
    /// The tags of the acquisitions that are held, with where they were made.
    pub held: Vec<(Addr, Addr)>,
    /// `IoReleaseRemoveLockAndWait` was called.
    pub removed: bool,
    drained: Latch,
}

impl Kernel {
    /// Whether a remove lock is held with this tag.
    pub fn holds_remove_lock(&self, tag: Addr) -> bool {
        self.io.remove_locks.values().any(|lock| lock.held.iter().any(|(held, _)| *held == tag))
    }

    fn remove_lock(&self, lock: Addr) -> Result<&RemoveLock, Stop> {
        self.io.remove_locks.get(&lock).ok_or_else(|| {
            let holder = self.object(lock);
            verifier(0xD7, format!("the remove lock in {holder} was never initialised"))
        })
    }

    fn count(&mut self, lock: Addr, change: i32) -> Result<i32, Stop> {
        let memory: &mut IO_REMOVE_LOCK = self.mem.at_mut(lock)?;
        memory.IoCount = memory.IoCount.wrapping_add(change);
        Ok(memory.IoCount)
    }

    /// Takes an acquisition with this tag out of the shadow. `code` is what it is when there is none.
    fn give_up(&mut self, lock: Addr, tag: Addr, code: u64) -> Result<(), Stop> {
        let name = self.tag(tag);
        let Some(record) = self.io.remove_locks.get_mut(&lock) else { return Ok(()) };
        // The latest acquisition with the tag: tags may be used more than once at a time.
        let Some(index) = record.held.iter().rposition(|(held, _)| *held == tag) else {
            let text = format!("{} is released with tag {name}, with which it is not held", record.id);
            return Err(verifier(code, text));
        };
        record.held.remove(index);
        Ok(())
    }
}

fn initialize(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (lock, allocate_tag) = (args.pointer(kernel, 0)?, args.ulong(kernel, 1)?);
    let (watermark, size) = (args.ulong(kernel, 3)?, args.ulong(kernel, 4)?);
    let verified = size == size_of::<IO_REMOVE_LOCK_VERIFIED>() as u32;
    if !verified && size != size_of::<IO_REMOVE_LOCK>() as u32 {
        return Err(verifier(0xD7, format!("RemlockSize {size} is that of no remove lock")));
    }
    if let Some(record) = kernel.io.remove_locks.get(&lock) {
        return Err(verifier(0xD7, format!("{} is initialised a second time", record.id)));
    }
    kernel.mem.bytes_mut(lock, u64::from(size))?.fill(0);
    let memory: &mut IO_REMOVE_LOCK = kernel.mem.at_mut(lock)?;
    memory.IoCount = 1;
    let event = lock.field(std::mem::offset_of!(IO_REMOVE_LOCK, RemoveEvent));
    kernel.event_initialize(event, DISPATCHER_HEADER::SYNCHRONIZATION_EVENT, false)?;
    if verified {
        let memory: &mut IO_REMOVE_LOCK_VERIFIED = kernel.mem.at_mut(lock)?;
        memory.Dbg.Signature = i32::from_le_bytes(*b"COLR");
        memory.Dbg.HighWatermark = watermark;
        memory.Dbg.AllocateTag = allocate_tag;
    }
    let id = kernel.rename(lock, ObjectKind::Lock);
    let device = kernel.object(lock);
    let drained = Latch::default();
    let record = RemoveLock { id, size, held: Vec::new(), removed: false, drained };
    kernel.io.remove_locks.insert(lock, record);
    kernel.emit(RemoveLockInitialised { lock: id, device });
    Ok(0)
}

fn acquire(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (lock, tag) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (id, removed) = kernel.remove_lock(lock).map(|record| (record.id, record.removed))?;
    // Never injected: it fails after IoReleaseRemoveLockAndWait only.
    let status = if removed { STATUS_DELETE_PENDING } else { STATUS_SUCCESS };
    if status.is_success() {
        kernel.count(lock, 1)?;
        let site = kernel.site();
        if let Some(record) = kernel.io.remove_locks.get_mut(&lock) {
            record.held.push((tag, site));
        }
    }
    let tag = kernel.tag(tag);
    kernel.emit(RemoveLockAcquired { lock: id, tag, status });
    Ok(answer(status))
}

fn release(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (lock, tag) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let id = kernel.remove_lock(lock)?.id;
    let name = kernel.tag(tag);
    kernel.emit(RemoveLockReleased { lock: id, tag: name });
    kernel.give_up(lock, tag, 0xD5)?;
    if kernel.count(lock, -1)? == 0 {
        let event = lock.field(std::mem::offset_of!(IO_REMOVE_LOCK, RemoveEvent));
        kernel.signal(event)?;
        if let Some(drained) = kernel.io.remove_locks.get(&lock).map(|record| record.drained.clone()) {
            drained.open(kernel);
        }
    }
    Ok(0)
}

fn release_and_wait(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let (lock, id, name, waits) = {
            let mut kernel = cpu.k();
            let (lock, tag) = (args.pointer(&kernel, 0)?, args.pointer(&kernel, 1)?);
            let id = kernel.remove_lock(lock)?.id;
            let name = kernel.tag(tag);
            kernel.emit(RemoveLockWaitBegun { lock: id, tag: name });
            kernel.give_up(lock, tag, 0xD6)?;
            kernel.mem.at_mut::<IO_REMOVE_LOCK>(lock)?.Removed = 1;
            // One for this acquisition and one for the lock itself.
            let left = kernel.count(lock, -2)?;
            let record = kernel.io.remove_locks.get_mut(&lock);
            let drained = record.map(|record| {
                record.removed = true;
                record.drained.clone()
            });
            (lock, id, name, drained.filter(|_| left > 0))
        };
        if let Some(drained) = waits {
            let held = cpu.look().remove_lock(lock)?.held.len();
            drained.wait(&cpu, format!("{id}, which is held {held} times")).await;
        }
        cpu.k().emit(RemoveLockWaitEnded { lock: id, tag: name });
        Ok(0)
    })
}
