//! Waiting for dispatcher objects.

use nt_trace::{
    NtStatus, ObjectKind,
    event::{WaitBegun, WaitEnded},
};

use super::event::is_synchronization;
use crate::{
    abi::{
        DISPATCHER_HEADER,
        status::{STATUS_SUCCESS, STATUS_TIMEOUT},
    },
    kernel::{
        Kernel,
        export::{Args, Export, Handler, Returns, RoutineFuture},
    },
    mem::{Addr, BadAccess},
    sched::{Cpu, DISPATCH_LEVEL, Time},
    stop::Stop,
};

/// `KeWaitForSingleObject`, the alerts and modes of which have no effect here.
pub const EXPORTS: &[Export] = &[Export::new(
    "KeWaitForSingleObject",
    "wdm/nf-wdm-kewaitforsingleobject",
    DISPATCH_LEVEL,
    Returns::Status,
    &[],
    Handler::Try(try_wait, wait),
)];

/// What a waiter is woken with when the object is signalled.
pub(super) const SIGNALLED: u64 = 0;
/// What a waiter is woken with when its time is up.
const TIMED_OUT: u64 = 1;
/// What system time is when the machine starts, in units of 100 ns since 1601.
const BOOT_TIME: i64 = 0x01DC_0000_0000_0000;

impl Kernel {
    /// Takes the signal of an object, if it has one.
    pub(super) fn try_take(&mut self, object: Addr) -> Result<bool, BadAccess> {
        let header: &mut DISPATCHER_HEADER = self.mem.at_mut(object)?;
        let signalled = header.SignalState > 0;
        if signalled && is_synchronization(header.Type) {
            header.SignalState = 0;
        }
        Ok(signalled)
    }

    /// When a timeout (a relative or absolute `LARGE_INTEGER`) is over, as simulated time.
    pub(super) fn due(&self, timeout: i64) -> Time {
        if timeout < 0 {
            self.sched.now.saturating_add(timeout.unsigned_abs())
        } else {
            u64::try_from(timeout.saturating_sub(BOOT_TIME)).unwrap_or(0)
        }
    }

    fn begin_wait(&mut self, object: Addr, timeout: Option<i64>) -> Result<Option<NtStatus>, Stop> {
        let name = self.name_of(object, ObjectKind::Event);
        let signalled = self.try_take(object)?;
        self.emit(WaitBegun { object: name, timeout, signalled });
        let status = match (signalled, timeout) {
            (true, _) => STATUS_SUCCESS,
            (false, Some(0)) => STATUS_TIMEOUT,
            (false, _) => return Ok(None),
        };
        self.emit(WaitEnded { object: name, status });
        Ok(Some(status))
    }
}

fn arguments(kernel: &Kernel, args: Args) -> Result<(Addr, Option<i64>), Stop> {
    let (object, timeout) = (args.pointer(kernel, 0)?, args.pointer(kernel, 4)?);
    let timeout = if timeout.is_null() { None } else { Some(kernel.mem.read(timeout)?) };
    Ok((object, timeout))
}

fn try_wait(kernel: &mut Kernel, args: Args) -> Result<Option<u64>, Stop> {
    let (object, timeout) = arguments(kernel, args)?;
    Ok(kernel.begin_wait(object, timeout)?.map(|status| u64::from(status.0)))
}

fn wait(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let (object, timeout) = arguments(&cpu.look(), args)?;
        let status = block_on(&cpu, object, timeout).await?;
        let mut kernel = cpu.k();
        let name = kernel.name_of(object, ObjectKind::Event);
        kernel.emit(WaitEnded { object: name, status });
        Ok(u64::from(status.0))
    })
}

/// Waits for a dispatcher object as `KeWaitForSingleObject` does, without events of its own in the trace.
/// `timeout` in units of 100 ns, negative for a span of time, none for ever.
///
/// # Errors
/// When the object is not the driver's memory.
pub async fn wait_for_object(cpu: &Cpu, object: Addr, timeout: Option<i64>) -> Result<NtStatus, Stop> {
    if cpu.k().try_take(object)? {
        return Ok(STATUS_SUCCESS);
    }
    block_on(cpu, object, timeout).await
}

async fn block_on(cpu: &Cpu, object: Addr, timeout: Option<i64>) -> Result<NtStatus, Stop> {
    let (timer, what) = {
        let mut kernel = cpu.k();
        kernel.ke.waiters.entry(object).or_default().push_back(cpu.thread());
        let due = timeout.map(|timeout| kernel.due(timeout));
        let timer = due.map(|due| kernel.sched.wake_at(due, cpu.thread(), TIMED_OUT));
        (timer, kernel.name_of(object, ObjectKind::Event))
    };
    let woken = cpu.block(what.to_string()).await;
    let mut kernel = cpu.k();
    if woken == TIMED_OUT {
        if let Some(queue) = kernel.ke.waiters.get_mut(&object) {
            queue.retain(|thread| *thread != cpu.thread());
        }
        return Ok(STATUS_TIMEOUT);
    }
    if let Some(timer) = timer {
        kernel.sched.cancel(timer);
    }
    Ok(STATUS_SUCCESS)
}
