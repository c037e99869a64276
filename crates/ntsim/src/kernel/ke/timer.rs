//! Timers.

use nt_trace::{
    ObjectKind,
    event::{TimerCancelled, TimerSet},
};

use crate::{
    abi::{DISPATCHER_HEADER, KTIMER, LIST_ENTRY},
    kernel::{
        Kernel,
        bug_check::{TIMER_OR_DPC_INVALID, bug_check},
        export::{Args, Export, Handler, Returns},
    },
    mem::Addr,
    sched::{DISPATCH_LEVEL, Time},
    stop::Stop,
};

/// `KeInitializeTimer` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "KeInitializeTimer",
        "wdm/nf-wdm-keinitializetimer",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(initialize_timer),
    ),
    Export::new(
        "KeInitializeTimerEx",
        "wdm/nf-wdm-keinitializetimerex",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(initialize_timer_ex),
    ),
    Export::new(
        "KeSetTimer",
        "wdm/nf-wdm-kesettimer",
        DISPATCH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(set_timer),
    ),
    Export::new(
        "KeSetTimerEx",
        "wdm/nf-wdm-kesettimerex",
        DISPATCH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(set_timer_ex),
    ),
    Export::new(
        "KeCancelTimer",
        "wdm/nf-wdm-kecanceltimer",
        DISPATCH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(cancel_timer),
    ),
    Export::new(
        "KeReadStateTimer",
        "wdm/nf-wdm-kereadstatetimer",
        DISPATCH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(read_state),
    ),
];

/// Units of 100 ns in a millisecond.
const MILLISECOND: Time = 10_000;

fn initialize(kernel: &mut Kernel, timer: Addr, kind: u8) -> Result<u64, Stop> {
    let list = timer.field(std::mem::offset_of!(DISPATCHER_HEADER, WaitListHead));
    let object: &mut KTIMER = kernel.mem.at_mut(timer)?;
    object.Header.Type = kind;
    object.Header.SignalState = 0;
    object.Header.WaitListHead = LIST_ENTRY::empty(list);
    object.DueTime = 0;
    object.Dpc = Addr::NULL;
    object.Period = 0;
    kernel.rename(timer, ObjectKind::Timer);
    Ok(0)
}

fn initialize_timer(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let timer = args.pointer(kernel, 0)?;
    initialize(kernel, timer, DISPATCHER_HEADER::TIMER_NOTIFICATION)
}

fn initialize_timer_ex(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (timer, kind) = (args.pointer(kernel, 0)?, args.ulong(kernel, 1)?);
    let notification = kind == 0;
    let kind = if notification {
        DISPATCHER_HEADER::TIMER_NOTIFICATION
    } else {
        DISPATCHER_HEADER::TIMER_SYNCHRONIZATION
    };
    initialize(kernel, timer, kind)
}

fn set_timer(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let dpc = args.pointer(kernel, 2)?;
    set(kernel, args, 0, dpc)
}

fn set_timer_ex(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (period, dpc) = (args.ulong(kernel, 2)?, args.pointer(kernel, 3)?);
    set(kernel, args, period, dpc)
}

fn set(kernel: &mut Kernel, args: Args, period: u32, dpc: Addr) -> Result<u64, Stop> {
    let (timer, due) = (args.pointer(kernel, 0)?, args.get(kernel, 1)?.cast_signed());
    let was_set = forget(kernel, timer);
    let at = kernel.due(due);
    let object: &mut KTIMER = kernel.mem.at_mut(timer)?;
    object.Header.SignalState = 0;
    object.DueTime = at;
    object.Dpc = dpc;
    object.Period = period;
    let name = kernel.name_of(timer, ObjectKind::Timer);
    kernel.emit(TimerSet { timer: name, due, period });
    kernel.arm(timer, at);
    Ok(u64::from(was_set))
}

fn cancel_timer(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let timer = args.pointer(kernel, 0)?;
    let was_set = forget(kernel, timer);
    let name = kernel.name_of(timer, ObjectKind::Timer);
    kernel.emit(TimerCancelled { timer: name, was_set });
    Ok(u64::from(was_set))
}

fn read_state(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let timer = args.pointer(kernel, 0)?;
    Ok(u64::from(kernel.mem.at::<DISPATCHER_HEADER>(timer)?.SignalState != 0))
}

fn forget(kernel: &mut Kernel, timer: Addr) -> bool {
    let planned = kernel.ke.timers.remove(&timer);
    if let Some(number) = planned {
        kernel.sched.cancel(number);
    }
    planned.is_some()
}

impl Kernel {
    fn arm(&mut self, timer: Addr, at: Time) {
        // A timer in memory that is gone by then is found by reading it: nothing happens then.
        let number = self.sched.at(at, move |kernel| drop(kernel.expire(timer)));
        self.ke.timers.insert(timer, number);
    }

    fn expire(&mut self, timer: Addr) -> Result<(), Stop> {
        self.ke.timers.remove(&timer);
        let object = *self.mem.at::<KTIMER>(timer)?;
        self.signal(timer)?;
        if object.Period > 0 {
            let next = self.sched.now + u64::from(object.Period) * MILLISECOND;
            self.arm(timer, next);
        }
        if !object.Dpc.is_null() {
            self.queue_dpc(object.Dpc, [Addr::NULL; 2])?;
        }
        Ok(())
    }

    /// Memory is about to go: no timer that is set and no DPC that is queued may lie in it.
    ///
    /// # Errors
    /// Bug check 0xC7 when one does.
    pub(in crate::kernel) fn check_no_timer_in(&mut self, start: Addr, length: u64) -> Result<(), Stop> {
        let range = start..start.add(length);
        if let Some((timer, _)) = self.ke.timers.range(range.clone()).next() {
            let name = self.name_of(*timer, ObjectKind::Timer);
            let text = format!("{name} is set, and lies in memory that is freed");
            return Err(bug_check(TIMER_OR_DPC_INVALID, 0, text));
        }
        let Some(dpc) = self.ke.dpcs.first_queued_in(range) else { return Ok(()) };
        let name = self.name_of(dpc, ObjectKind::Dpc);
        Err(bug_check(TIMER_OR_DPC_INVALID, 1, format!("{name} is queued, and lies in memory that is freed")))
    }

    /// Timers that are set.
    #[must_use]
    pub fn set_timers(&self) -> Vec<Addr> {
        self.ke.timers.keys().copied().collect()
    }
}
