//! Spin locks, the cancel spin lock among them.

use std::collections::VecDeque;

use nt_trace::{
    ObjectId, ObjectKind,
    event::{SpinLockAcquired, SpinLockForm, SpinLockReleased},
};

use crate::{
    kernel::{
        Kernel,
        bug_check::{SPIN_LOCK_ALREADY_OWNED, SPIN_LOCK_NOT_OWNED, bug_check},
        export::{Args, Export, HIGH_LEVEL, Handler, Returns, RoutineFuture},
    },
    mem::Addr,
    sched::{Cpu, DISPATCH_LEVEL, ThreadId},
    stop::Stop,
};

/// The address that the cancel spin lock goes by. No driver can name it.
pub const CANCEL_SPIN_LOCK: Addr = Addr(1);

const ACQUIRE: &str = "wdm/nf-wdm-keacquirespinlock";
const RELEASE: &str = "wdm/nf-wdm-kereleasespinlock";
const ACQUIRE_AT_DPC: &str = "wdm/nf-wdm-keacquirespinlockatdpclevel";
const RELEASE_FROM_DPC: &str = "wdm/nf-wdm-kereleasespinlockfromdpclevel";
const ACQUIRE_QUEUED: &str = "wdm/nf-wdm-keacquireinstackqueuedspinlock";
const RELEASE_QUEUED: &str = "wdm/nf-wdm-kereleaseinstackqueuedspinlock";
const ACQUIRE_QUEUED_AT_DPC: &str = "wdm/nf-wdm-keacquireinstackqueuedspinlockatdpclevel";
const RELEASE_QUEUED_FROM_DPC: &str = "wdm/nf-wdm-kereleaseinstackqueuedspinlockfromdpclevel";
const ACQUIRE_CANCEL: &str = "wdm/nf-wdm-ioacquirecancelspinlock";
const RELEASE_CANCEL: &str = "wdm/nf-wdm-ioreleasecancelspinlock";

/// `KeAcquireSpinLockRaiseToDpc` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "KeInitializeSpinLock",
        "wdm/nf-wdm-keinitializespinlock",
        HIGH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(initialize),
    ),
    Export::new(
        "KeAcquireSpinLockRaiseToDpc",
        ACQUIRE,
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Try(|k, a| try_acquire(k, a, Form::Normal), |c, a| acquire(c, a, Form::Normal)),
    ),
    Export::new(
        "KeReleaseSpinLock",
        RELEASE,
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(release_normal),
    ),
    Export::new(
        "KeAcquireSpinLockAtDpcLevel",
        ACQUIRE_AT_DPC,
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Try(|k, a| try_acquire(k, a, Form::AtDpc), |c, a| acquire(c, a, Form::AtDpc)),
    ),
    Export::new(
        "KeReleaseSpinLockFromDpcLevel",
        RELEASE_FROM_DPC,
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(release_from_dpc),
    ),
    Export::new(
        "KeAcquireInStackQueuedSpinLock",
        ACQUIRE_QUEUED,
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Try(|k, a| try_acquire(k, a, Form::Queued), |c, a| acquire(c, a, Form::Queued)),
    ),
    Export::new(
        "KeReleaseInStackQueuedSpinLock",
        RELEASE_QUEUED,
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(release_queued),
    ),
    Export::new(
        "KeTryToAcquireSpinLockAtDpcLevel",
        "wdm/nf-wdm-ketrytoacquirespinlockatdpclevel",
        DISPATCH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(try_at_dpc),
    ),
    Export::new(
        "KeTestSpinLock",
        "wdm/nf-wdm-ketestspinlock",
        HIGH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(test),
    ),
    Export::new(
        "KeAcquireSpinLockForDpc",
        "wdm/nf-wdm-keacquirespinlockfordpc",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Try(|k, a| try_acquire(k, a, Form::Normal), |c, a| acquire(c, a, Form::Normal)),
    ),
    Export::new(
        "KeReleaseSpinLockForDpc",
        "wdm/nf-wdm-kereleasespinlockfordpc",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(release_normal),
    ),
    Export::new(
        "KeAcquireInStackQueuedSpinLockAtDpcLevel",
        ACQUIRE_QUEUED_AT_DPC,
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Try(|k, a| try_acquire(k, a, Form::Queued), |c, a| acquire(c, a, Form::Queued)),
    ),
    Export::new(
        "KeReleaseInStackQueuedSpinLockFromDpcLevel",
        RELEASE_QUEUED_FROM_DPC,
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(release_queued),
    ),
    Export::new(
        "KeAcquireInStackQueuedSpinLockForDpc",
        "wdm/nf-wdm-keacquireinstackqueuedspinlockfordpc",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Try(|k, a| try_acquire(k, a, Form::Queued), |c, a| acquire(c, a, Form::Queued)),
    ),
    Export::new(
        "KeReleaseInStackQueuedSpinLockForDpc",
        "wdm/nf-wdm-kereleaseinstackqueuedspinlockfordpc",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(release_queued),
    ),
    Export::new(
        "IoAcquireCancelSpinLock",
        ACQUIRE_CANCEL,
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Try(|k, a| try_acquire(k, a, Form::Cancel), |c, a| acquire(c, a, Form::Cancel)),
    ),
    Export::new(
        "IoReleaseCancelSpinLock",
        RELEASE_CANCEL,
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(release_cancel),
    ),
];

/// A lock that a thread holds.
#[derive(Debug)]
pub(super) struct Held {
    owner: ThreadId,
    spinning: VecDeque<ThreadId>,
}

/// How the caller takes the lock, and where it gets the old `IRQL`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Normal,
    AtDpc,
    Queued,
    Cancel,
}

impl Form {
    const fn traced(self) -> SpinLockForm {
        match self {
            Self::Normal => SpinLockForm::Normal,
            Self::AtDpc => SpinLockForm::AtDpcLevel,
            Self::Queued => SpinLockForm::InStackQueued,
            Self::Cancel => SpinLockForm::Cancel,
        }
    }

    fn lock(self, kernel: &Kernel, args: Args) -> Result<Addr, Stop> {
        Ok(if self == Self::Cancel { CANCEL_SPIN_LOCK } else { args.pointer(kernel, 0)? })
    }
}

/// Offset of `LockQueue.Lock` in a `KLOCK_QUEUE_HANDLE`.
const QUEUED_LOCK: u64 = 8;
/// Offset of `OldIrql` in a `KLOCK_QUEUE_HANDLE`.
const QUEUED_OLD_IRQL: u64 = 16;

impl Kernel {
    /// Whether the lock is free. Acquiring one's own is a bug check.
    fn is_free(&mut self, lock: Addr) -> Result<bool, Stop> {
        let thread = self.sched.current();
        if let Some(held) = self.ke.locks.get(&lock) {
            if held.owner != thread {
                return Ok(false);
            }
            let text = format!("{} is acquired by the thread that holds it", self.lock_name(lock));
            return Err(bug_check(SPIN_LOCK_ALREADY_OWNED, lock.0, text));
        }
        if lock != CANCEL_SPIN_LOCK && self.mem.read::<u64>(lock)? != 0 {
            let name = self.lock_name(lock);
            return Err(Stop::Deadlock(format!("{name} was never initialised, or was overwritten")));
        }
        Ok(true)
    }

    /// Whether nobody has the lock, for a routine that would hold it for one step. One's own is a bug check.
    pub(in crate::kernel) fn spin_lock_is_free(&mut self, lock: Addr) -> Result<bool, Stop> {
        self.is_free(lock)
    }

    fn take(&mut self, lock: Addr) -> Result<(), Stop> {
        let owner = self.sched.current();
        if lock != CANCEL_SPIN_LOCK {
            self.mem.write(lock, &1_u64)?;
        }
        self.ke.locks.insert(lock, Held { owner, spinning: VecDeque::new() });
        Ok(())
    }

    /// Gives a lock back; the first thread that spins for it has it then.
    fn give_back(&mut self, lock: Addr) -> Result<(), Stop> {
        let Some(held) = self.ke.locks.get_mut(&lock) else {
            let name = self.lock_name(lock);
            return Err(bug_check(SPIN_LOCK_NOT_OWNED, lock.0, format!("{name} is released but not held")));
        };
        if let Some(next) = held.spinning.pop_front() {
            held.owner = next;
            self.sched.wake(next, 0);
            return Ok(());
        }
        self.ke.locks.remove(&lock);
        if lock != CANCEL_SPIN_LOCK {
            self.mem.write(lock, &0_u64)?;
        }
        Ok(())
    }

    /// Releases a lock and goes back to an `IRQL`, as the simulator's own code does.
    ///
    /// # Errors
    /// A bug check when it is not held.
    pub fn release_spin_lock(&mut self, lock: Addr, irql: u8) -> Result<(), Stop> {
        self.give_back(lock)?;
        self.sched.set_irql(irql);
        Ok(())
    }

    fn lock_name(&mut self, lock: Addr) -> ObjectId {
        self.name_of(lock, ObjectKind::Lock)
    }

    fn acquired(&mut self, lock: Addr, form: Form, old_irql: u8, attempt: bool) {
        let lock = self.lock_name(lock);
        self.emit(SpinLockAcquired { lock, form: form.traced(), old_irql, attempt });
    }

    fn released(&mut self, lock: Addr, form: Form, new_irql: u8) -> Result<u64, Stop> {
        let name = self.lock_name(lock);
        self.emit(SpinLockReleased { lock: name, form: form.traced(), new_irql });
        self.give_back(lock)?;
        self.sched.set_irql(new_irql);
        Ok(0)
    }
}

fn try_acquire(kernel: &mut Kernel, args: Args, form: Form) -> Result<Option<u64>, Stop> {
    take_at_once(kernel, args, form, false)
}

fn take_at_once(kernel: &mut Kernel, args: Args, form: Form, attempt: bool) -> Result<Option<u64>, Stop> {
    let lock = form.lock(kernel, args)?;
    let irql = kernel.sched.irql();
    if kernel.ke.locks.get(&lock).is_some_and(|held| held.owner == kernel.sched.current()) {
        // Said before the bug check that follows, so that the rule about it speaks.
        kernel.acquired(lock, form, irql, attempt);
    }
    if !kernel.is_free(lock)? {
        return Ok(None);
    }
    kernel.take(lock)?;
    raise_for(kernel, args, form, irql)?;
    kernel.acquired(lock, form, irql, attempt);
    Ok(Some(u64::from(irql)))
}

/// Takes the lock if nobody has it.
fn try_at_dpc(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let lock = args.pointer(kernel, 0)?;
    if kernel.ke.locks.contains_key(&lock) {
        return Ok(0);
    }
    take_at_once(kernel, args, Form::AtDpc, true).map(|taken| u64::from(taken.is_some()))
}

/// Whether nobody has the lock.
fn test(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let lock = args.pointer(kernel, 0)?;
    Ok(u64::from(!kernel.ke.locks.contains_key(&lock)))
}

/// Raises `IRQL` where the form does, and stores the old one where it is wanted.
fn raise_for(kernel: &mut Kernel, args: Args, form: Form, irql: u8) -> Result<(), Stop> {
    match form {
        Form::AtDpc => return Ok(()),
        Form::Normal => {}
        Form::Queued => {
            let handle = args.pointer(kernel, 1)?;
            let lock = args.pointer(kernel, 0)?;
            kernel.mem.write(handle.add(QUEUED_LOCK), &lock)?;
            kernel.mem.write(handle.add(QUEUED_OLD_IRQL), &irql)?;
        }
        Form::Cancel => {
            let to = args.pointer(kernel, 0)?;
            kernel.mem.write(to, &irql)?;
        }
    }
    kernel.sched.set_irql(irql.max(DISPATCH_LEVEL));
    Ok(())
}

/// Spins: stands in line at `DISPATCH_LEVEL`, which keeps the processor busy.
fn acquire(cpu: Cpu, args: Args, form: Form) -> RoutineFuture {
    Box::pin(async move {
        let (lock, irql) = {
            let mut kernel = cpu.k();
            let irql = kernel.sched.irql();
            raise_for(&mut kernel, args, form, irql)?;
            (form.lock(&kernel, args)?, irql)
        };
        spin(&cpu, lock).await;
        cpu.k().acquired(lock, form, irql, false);
        Ok(u64::from(irql))
    })
}

async fn spin(cpu: &Cpu, lock: Addr) {
    let what = {
        let mut kernel = cpu.k();
        if let Some(held) = kernel.ke.locks.get_mut(&lock) {
            held.spinning.push_back(cpu.thread());
        }
        kernel.lock_name(lock).to_string()
    };
    cpu.block(what).await;
}

/// Acquires a spin lock for the simulator's own code; gives the old `IRQL`, for
/// [`Kernel::release_spin_lock`].
///
/// # Errors
/// A bug check when the thread holds it already.
pub async fn acquire_spin_lock(cpu: &Cpu, lock: Addr) -> Result<u8, Stop> {
    let (free, irql) = {
        let mut kernel = cpu.k();
        let free = kernel.is_free(lock)?;
        if free {
            kernel.take(lock)?;
        }
        let irql = kernel.sched.irql();
        kernel.sched.set_irql(irql.max(DISPATCH_LEVEL));
        (free, irql)
    };
    if !free {
        spin(cpu, lock).await;
    }
    Ok(irql)
}

fn release_normal(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (lock, irql) = (args.pointer(kernel, 0)?, args.byte(kernel, 1)?);
    kernel.released(lock, Form::Normal, irql)
}

fn release_from_dpc(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let lock = args.pointer(kernel, 0)?;
    let irql = kernel.sched.irql();
    kernel.released(lock, Form::AtDpc, irql)
}

fn release_queued(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let handle = args.pointer(kernel, 0)?;
    let lock = kernel.mem.read(handle.add(QUEUED_LOCK))?;
    let irql = kernel.mem.read(handle.add(QUEUED_OLD_IRQL))?;
    kernel.released(lock, Form::Queued, irql)
}

fn release_cancel(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let irql = args.byte(kernel, 0)?;
    kernel.released(CANCEL_SPIN_LOCK, Form::Cancel, irql)
}

fn initialize(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let lock = args.pointer(kernel, 0)?;
    kernel.mem.write(lock, &0_u64)?;
    kernel.rename(lock, ObjectKind::Lock);
    Ok(0)
}
