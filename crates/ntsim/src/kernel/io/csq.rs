//! Cancel-safe queues: the driver brings the queue and its lock, these routines get the cancelling right.
//!
//! The driver's routines are called as library code calls them: the lock that one of them takes is given back by
//! another.

use nt_trace::{
    NtStatus,
    event::{CancelRoutineCleared, CancelRoutineSet, IrpMarkedPending},
};

use super::CancelRoutine;
use crate::{
    abi::{IRP, status::STATUS_SUCCESS},
    kernel::{
        Kernel, answer,
        callback::low_half,
        export::{Args, Export, Handler, Returns, RoutineFuture},
        ke::CANCEL_SPIN_LOCK,
    },
    mem::{Addr, Fill},
    sched::{Cpu, DISPATCH_LEVEL},
    stop::Stop,
};

/// `IoCsqInitialize` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoCsqInitialize",
        "wdm/nf-wdm-iocsqinitialize",
        DISPATCH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(|k, a| initialize(k, a, TYPE)),
    ),
    Export::new(
        "IoCsqInitializeEx",
        "wdm/nf-wdm-iocsqinitializeex",
        DISPATCH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(|k, a| initialize(k, a, TYPE_EX)),
    ),
    Export::new(
        "IoCsqInsertIrp",
        "wdm/nf-wdm-iocsqinsertirp",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Async(|cpu, args| insert(cpu, args, false)),
    ),
    Export::new(
        "IoCsqInsertIrpEx",
        "wdm/nf-wdm-iocsqinsertirpex",
        DISPATCH_LEVEL,
        Returns::Status,
        &[],
        Handler::Async(|cpu, args| insert(cpu, args, true)),
    ),
    Export::new(
        "IoCsqRemoveNextIrp",
        "wdm/nf-wdm-iocsqremovenextirp",
        DISPATCH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Async(remove_next),
    ),
    Export::new(
        "IoCsqRemoveIrp",
        "wdm/nf-wdm-iocsqremoveirp",
        DISPATCH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Async(remove),
    ),
];

/// What `Type` of an `IO_CSQ` or of an `IO_CSQ_IRP_CONTEXT` holds.
const TYPE_CONTEXT: u32 = 1;
const TYPE: u32 = 2;
const TYPE_EX: u32 = 3;

/// `IO_CSQ` (wdm.h): where its routines lie.
mod routine {
    pub const INSERT: u64 = 8;
    pub const REMOVE: u64 = 16;
    pub const PEEK: u64 = 24;
    pub const ACQUIRE: u64 = 32;
    pub const RELEASE: u64 = 40;
    pub const COMPLETE: u64 = 48;
    pub const RESERVE: u64 = 56;
}

/// `IO_CSQ_IRP_CONTEXT` (wdm.h): `Type`, `Irp`, `Csq`.
const CONTEXT_IRP: u64 = 8;
const CONTEXT_CSQ: u64 = 16;

/// Where `Tail.Overlay.DriverContext[3]` lies in an IRP: what these routines keep of it.
const DRIVER_CONTEXT_3: u64 = std::mem::offset_of!(IRP, Tail) as u64 + 24;

fn initialize(kernel: &mut Kernel, args: Args, kind: u32) -> Result<u64, Stop> {
    let csq = args.pointer(kernel, 0)?;
    kernel.mem.write(csq, &kind)?;
    for index in 1..7 {
        let routine = args.pointer(kernel, index)?;
        kernel.mem.write(csq.add(index * 8), &routine)?;
    }
    kernel.mem.write(csq.add(routine::RESERVE), &Addr::NULL)?;
    Ok(answer(STATUS_SUCCESS))
}

/// Calls one of the queue's routines.
async fn call(cpu: &Cpu, csq: Addr, which: u64, arguments: &[u64]) -> Result<u64, Stop> {
    let routine = {
        let mut kernel = cpu.k();
        kernel.sync_thread();
        kernel.mem.read(csq.add(which))?
    };
    let mut all = vec![csq.0];
    all.extend_from_slice(arguments);
    let result = cpu.call(routine, &all).await;
    cpu.k().sync_thread();
    Ok(result)
}

/// Locks the queue. Gives what its routine wants back for unlocking.
async fn lock(cpu: &Cpu, csq: Addr) -> Result<u64, Stop> {
    let old_irql = cpu.k().system_allocate(8, Fill::Zero)?;
    call(cpu, csq, routine::ACQUIRE, &[old_irql.0]).await?;
    let mut kernel = cpu.k();
    let irql: u8 = kernel.mem.read(old_irql)?;
    kernel.pool_free(old_irql, 0)?;
    Ok(u64::from(irql))
}

async fn unlock(cpu: &Cpu, csq: Addr, irql: u64) -> Result<(), Stop> {
    call(cpu, csq, routine::RELEASE, &[irql]).await.map(drop)
}

impl Kernel {
    fn csq_mark_pending(&mut self, irp: Addr) -> Result<(), Stop> {
        self.mark_pending(irp)?;
        let irp = self.object(irp);
        self.emit(IrpMarkedPending { irp });
        Ok(())
    }

    fn csq_set_cancel(&mut self, irp: Addr, csq: Addr) -> Result<(), Stop> {
        let routine: CancelRoutine = Box::new(move |cpu, _, irp| Box::pin(cancelled(cpu, csq, irp)));
        self.set_cancel(irp, routine)?;
        let irp = self.object(irp);
        self.emit(CancelRoutineSet { irp });
        Ok(())
    }

    /// Takes the cancel routine away. False when the IRP is being cancelled: its cancel routine owns it.
    fn csq_clear_cancel(&mut self, irp: Addr) -> Result<bool, Stop> {
        let had = self.clear_cancel(irp)?;
        if had {
            let irp = self.object(irp);
            self.emit(CancelRoutineCleared { irp });
        }
        Ok(had)
    }

    /// What the IRP's `DriverContext[3]` holds: the context that came with it, or the queue.
    fn csq_context(&mut self, irp: Addr, value: Addr) -> Result<(), Stop> {
        self.sync_irp(irp);
        self.mem.write(irp.add(DRIVER_CONTEXT_3), &value)?;
        self.reshadow(irp)
    }

    /// The IRP leaves the queue: its context forgets it.
    fn csq_forget(&mut self, irp: Addr) -> Result<(), Stop> {
        let kept: Addr = self.mem.read(irp.add(DRIVER_CONTEXT_3))?;
        self.csq_context(irp, Addr::NULL)?;
        if !kept.is_null() && self.mem.read::<u32>(kept)? == TYPE_CONTEXT {
            self.mem.write(kept.add(CONTEXT_IRP), &Addr::NULL)?;
        }
        Ok(())
    }
}

fn insert(cpu: Cpu, args: Args, with_context: bool) -> RoutineFuture {
    Box::pin(async move {
        let (csq, irp, context, insert_context, ex) = {
            let kernel = cpu.look();
            let csq = args.pointer(&kernel, 0)?;
            let insert_context = if with_context { args.get(&kernel, 3)? } else { 0 };
            let ex = kernel.mem.read::<u32>(csq)? == TYPE_EX;
            (csq, args.pointer(&kernel, 1)?, args.pointer(&kernel, 2)?, insert_context, ex)
        };
        let irql = lock(&cpu, csq).await?;
        {
            let mut kernel = cpu.k();
            if context.is_null() {
                kernel.csq_context(irp, csq)?;
            } else {
                kernel.mem.write(context, &TYPE_CONTEXT)?;
                kernel.mem.write(context.add(CONTEXT_IRP), &irp)?;
                kernel.mem.write(context.add(CONTEXT_CSQ), &csq)?;
                kernel.csq_context(irp, context)?;
            }
            kernel.csq_mark_pending(irp)?;
        }
        let result = call(&cpu, csq, routine::INSERT, &[irp.0, insert_context]).await?;
        let status = if ex { low_half(result) } else { NtStatus::SUCCESS };
        if status.is_error() {
            cpu.k().csq_forget(irp)?;
            unlock(&cpu, csq, irql).await?;
            return Ok(answer(status));
        }
        // An IRP that was cancelled before is taken out again; if the canceller has it, its cancel routine does.
        let cancelled = {
            let mut kernel = cpu.k();
            kernel.csq_set_cancel(irp, csq)?;
            kernel.irp(irp)?.Cancel != 0 && kernel.csq_clear_cancel(irp)?
        };
        if cancelled {
            call(&cpu, csq, routine::REMOVE, &[irp.0]).await?;
            cpu.k().csq_forget(irp)?;
        }
        unlock(&cpu, csq, irql).await?;
        if cancelled {
            call(&cpu, csq, routine::COMPLETE, &[irp.0]).await?;
        }
        Ok(answer(status))
    })
}

fn remove_next(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let (csq, peek_context) = {
            let kernel = cpu.look();
            (args.pointer(&kernel, 0)?, args.get(&kernel, 1)?)
        };
        let irql = lock(&cpu, csq).await?;
        let mut irp = Addr::NULL;
        loop {
            irp = Addr(call(&cpu, csq, routine::PEEK, &[irp.0, peek_context]).await?);
            // One that is being cancelled stays where it is: its cancel routine takes it out.
            if irp.is_null() || cpu.k().csq_clear_cancel(irp)? {
                break;
            }
        }
        if !irp.is_null() {
            call(&cpu, csq, routine::REMOVE, &[irp.0]).await?;
            cpu.k().csq_forget(irp)?;
        }
        unlock(&cpu, csq, irql).await?;
        Ok(irp.0)
    })
}

fn remove(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let (csq, context) = {
            let kernel = cpu.look();
            (args.pointer(&kernel, 0)?, args.pointer(&kernel, 1)?)
        };
        let irql = lock(&cpu, csq).await?;
        let irp: Addr = cpu.look().mem.read(context.add(CONTEXT_IRP))?;
        let ours = !irp.is_null() && cpu.k().csq_clear_cancel(irp)?;
        if ours {
            call(&cpu, csq, routine::REMOVE, &[irp.0]).await?;
            cpu.k().csq_forget(irp)?;
        }
        unlock(&cpu, csq, irql).await?;
        Ok(if ours { irp.0 } else { 0 })
    })
}

/// The cancel routine of every IRP in such a queue.
async fn cancelled(cpu: Cpu, csq: Addr, irp: Addr) -> Result<(), Stop> {
    {
        let mut kernel = cpu.k();
        let irql = kernel.irp(irp)?.CancelIrql;
        kernel.release_spin_lock(CANCEL_SPIN_LOCK, irql)?;
    }
    let irql = lock(&cpu, csq).await?;
    call(&cpu, csq, routine::REMOVE, &[irp.0]).await?;
    cpu.k().csq_forget(irp)?;
    unlock(&cpu, csq, irql).await?;
    call(&cpu, csq, routine::COMPLETE, &[irp.0]).await.map(drop)
}
