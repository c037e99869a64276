//! Deferred procedure calls. Each runs as a thread of its own at `DISPATCH_LEVEL`, on any processor.

use std::{collections::BTreeMap, ops::Range};

use nt_trace::{
    ObjectKind,
    event::{Callback, DpcQueued, DpcsFlushed},
};

use crate::{
    abi::KDPC,
    kernel::{
        Kernel, callback,
        export::{Args, Export, HIGH_LEVEL, Handler, Returns, RoutineFuture},
    },
    mem::Addr,
    sched::{Cpu, DISPATCH_LEVEL, PASSIVE_LEVEL, ThreadId},
    stop::Stop,
};

/// `KeInitializeDpc` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "KeInitializeDpc",
        "wdm/nf-wdm-keinitializedpc",
        HIGH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(initialize_dpc),
    ),
    Export::new(
        "KeInsertQueueDpc",
        "wdm/nf-wdm-keinsertqueuedpc",
        HIGH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(insert_queue_dpc),
    ),
    Export::new(
        "KeRemoveQueueDpc",
        "wdm/nf-wdm-keremovequeuedpc",
        HIGH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(remove_queue_dpc),
    ),
    Export::new(
        "KeFlushQueuedDpcs",
        "wdm/nf-wdm-keflushqueueddpcs",
        PASSIVE_LEVEL,
        Returns::Void,
        &[],
        Handler::Async(flush_queued_dpcs),
    ),
];

/// DPCs that are queued or run.
#[derive(Debug, Default)]
pub(super) struct Dpcs {
    /// Queued and not yet taken up, with the number of the queueing.
    queued: BTreeMap<Addr, u64>,
    /// How many threads have a DPC to run, or run it.
    busy: u32,
    next: u64,
    flushing: Vec<ThreadId>,
}

impl Dpcs {
    /// A DPC in this memory that is queued and has not begun to run.
    pub(super) fn first_queued_in(&self, range: Range<Addr>) -> Option<Addr> {
        self.queued.range(range).next().map(|(dpc, _)| *dpc)
    }
}

impl Kernel {
    /// DPCs that are queued and have not begun to run.
    pub(in crate::kernel) fn queued_dpcs(&self) -> Vec<Addr> {
        self.ke.dpcs.queued.keys().copied().collect()
    }

    /// Queues a DPC, unless it is queued already.
    ///
    /// # Errors
    /// When it is not the driver's memory.
    pub fn queue_dpc(&mut self, dpc: Addr, arguments: [Addr; 2]) -> Result<bool, Stop> {
        if self.ke.dpcs.queued.contains_key(&dpc) {
            return Ok(false);
        }
        let object: &mut KDPC = self.mem.at_mut(dpc)?;
        [object.SystemArgument1, object.SystemArgument2] = arguments;
        object.DpcData = dpc;
        self.ke.dpcs.next += 1;
        self.ke.dpcs.busy += 1;
        let number = self.ke.dpcs.next;
        self.ke.dpcs.queued.insert(dpc, number);
        let name = self.name_of(dpc, ObjectKind::Dpc);
        self.emit(DpcQueued { dpc: name });
        self.sched.spawn("dpc", DISPATCH_LEVEL, move |cpu| run_dpc(cpu, dpc, number));
        Ok(true)
    }

    /// A thread of the simulator's own begins to act as a DPC: `KeFlushQueuedDpcs` waits for it.
    pub const fn begin_dpc(&mut self) {
        self.ke.dpcs.busy += 1;
    }

    /// What [`Self::begin_dpc`] began has ended.
    pub fn end_dpc(&mut self) {
        self.dpc_done();
    }

    fn dpc_done(&mut self) {
        self.ke.dpcs.busy -= 1;
        if self.ke.dpcs.busy == 0 {
            for thread in std::mem::take(&mut self.ke.dpcs.flushing) {
                self.sched.wake(thread, 0);
            }
        }
    }
}

async fn run_dpc(cpu: Cpu, dpc: Addr, number: u64) -> Result<(), Stop> {
    let object = {
        let mut kernel = cpu.k();
        // It may have been taken out of the queue, and even put in again, before this thread ran.
        if kernel.ke.dpcs.queued.get(&dpc) != Some(&number) {
            kernel.dpc_done();
            return Ok(());
        }
        kernel.ke.dpcs.queued.remove(&dpc);
        let object: &mut KDPC = kernel.mem.at_mut(dpc)?;
        object.DpcData = Addr::NULL;
        *object
    };
    let name = cpu.k().name_of(dpc, ObjectKind::Dpc);
    let arguments = [dpc, object.DeferredContext, object.SystemArgument1, object.SystemArgument2];
    callback::call(&cpu, Callback::Dpc { dpc: name }, object.DeferredRoutine, &arguments).await?;
    cpu.k().dpc_done();
    Ok(())
}

fn initialize_dpc(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let dpc = args.pointer(kernel, 0)?;
    let (routine, context) = (args.pointer(kernel, 1)?, args.pointer(kernel, 2)?);
    let object: &mut KDPC = kernel.mem.at_mut(dpc)?;
    object.TargetInfoAsUlong = KDPC::TYPE;
    object.DeferredRoutine = routine;
    object.DeferredContext = context;
    object.DpcData = Addr::NULL;
    kernel.rename(dpc, ObjectKind::Dpc);
    Ok(0)
}

fn insert_queue_dpc(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let dpc = args.pointer(kernel, 0)?;
    let arguments = [args.pointer(kernel, 1)?, args.pointer(kernel, 2)?];
    kernel.queue_dpc(dpc, arguments).map(u64::from)
}

fn remove_queue_dpc(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let dpc = args.pointer(kernel, 0)?;
    let was_queued = kernel.ke.dpcs.queued.remove(&dpc).is_some();
    if was_queued {
        kernel.mem.at_mut::<KDPC>(dpc)?.DpcData = Addr::NULL;
    }
    Ok(u64::from(was_queued))
}

fn flush_queued_dpcs(cpu: Cpu, _: Args) -> RoutineFuture {
    Box::pin(async move {
        let busy = {
            let mut kernel = cpu.k();
            let busy = kernel.ke.dpcs.busy > 0;
            if busy {
                kernel.ke.dpcs.flushing.push(cpu.thread());
            }
            busy
        };
        if busy {
            cpu.block("queued DPCs").await;
        }
        cpu.k().emit(DpcsFlushed {});
        Ok(0)
    })
}
