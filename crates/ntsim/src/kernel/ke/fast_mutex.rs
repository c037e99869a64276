//! Fast mutexes and guarded mutexes: they cannot be taken twice by one thread, nor waited for as objects.
//!
//! A fast mutex raises `IRQL` to `APC_LEVEL`. A guarded one enters a guarded region instead.

use std::collections::{BTreeMap, VecDeque};

use nt_trace::{
    ObjectKind,
    event::{LockAcquired, LockForm, LockReleased},
};

use crate::{
    abi::FAST_MUTEX,
    kernel::{
        Kernel,
        bug_check::verifier,
        export::{Args, Export, HIGH_LEVEL, Handler, Returns, RoutineFuture},
    },
    mem::Addr,
    sched::{APC_LEVEL, Cpu, ThreadId},
    stop::Stop,
};

/// Threads that wait for a mutex, who came first in front.
pub(super) type Queues = BTreeMap<Addr, VecDeque<ThreadId>>;

const FAST: Form = Form { raises: true, traced: LockForm::FastMutex };
const FAST_UNSAFE: Form = Form { raises: false, traced: LockForm::FastMutex };
const GUARDED: Form = Form { raises: false, traced: LockForm::GuardedMutex };

/// How a mutex is taken.
#[derive(Clone, Copy)]
struct Form {
    raises: bool,
    traced: LockForm,
}

const ACQUIRE: &str = "wdm/nf-wdm-exacquirefastmutex";
const RELEASE: &str = "wdm/nf-wdm-exreleasefastmutex";
const ACQUIRE_UNSAFE: &str = "wdm/nf-wdm-exacquirefastmutexunsafe";
const RELEASE_UNSAFE: &str = "wdm/nf-wdm-exreleasefastmutexunsafe";
const TRY: &str = "wdm/nf-wdm-extrytoacquirefastmutex";
const ACQUIRE_GUARDED: &str = "wdm/nf-wdm-keacquireguardedmutex";
const RELEASE_GUARDED: &str = "wdm/nf-wdm-kereleaseguardedmutex";
const ACQUIRE_GUARDED_UNSAFE: &str = "wdm/nf-wdm-keacquireguardedmutexunsafe";
const RELEASE_GUARDED_UNSAFE: &str = "wdm/nf-wdm-kereleaseguardedmutexunsafe";
const TRY_GUARDED: &str = "wdm/nf-wdm-ketrytoacquireguardedmutex";

const fn acquire_export(name: &'static str, page: &'static str, handler: Handler) -> Export {
    Export::new(name, page, APC_LEVEL, Returns::Void, &[], handler)
}

/// `ExAcquireFastMutex` and its siblings.
pub const EXPORTS: &[Export] = &[
    acquire_export(
        "ExAcquireFastMutex",
        ACQUIRE,
        Handler::Try(|k, a| at_once(k, a, FAST), |c, a| acquire(c, a, FAST)),
    ),
    acquire_export("ExReleaseFastMutex", RELEASE, Handler::Sync(|k, a| release(k, a, FAST))),
    acquire_export(
        "ExAcquireFastMutexUnsafe",
        ACQUIRE_UNSAFE,
        Handler::Try(|k, a| at_once(k, a, FAST_UNSAFE), |c, a| acquire(c, a, FAST_UNSAFE)),
    ),
    acquire_export(
        "ExReleaseFastMutexUnsafe",
        RELEASE_UNSAFE,
        Handler::Sync(|k, a| release(k, a, FAST_UNSAFE)),
    ),
    Export::new(
        "ExTryToAcquireFastMutex",
        TRY,
        APC_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(|k, a| try_acquire(k, a, FAST)),
    ),
    Export::new(
        "KeInitializeGuardedMutex",
        "wdm/nf-wdm-keinitializeguardedmutex",
        HIGH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(initialize),
    ),
    acquire_export(
        "KeAcquireGuardedMutex",
        ACQUIRE_GUARDED,
        Handler::Try(|k, a| at_once(k, a, GUARDED), |c, a| acquire(c, a, GUARDED)),
    ),
    acquire_export("KeReleaseGuardedMutex", RELEASE_GUARDED, Handler::Sync(|k, a| release(k, a, GUARDED))),
    acquire_export(
        "KeAcquireGuardedMutexUnsafe",
        ACQUIRE_GUARDED_UNSAFE,
        Handler::Try(|k, a| at_once(k, a, GUARDED), |c, a| acquire(c, a, GUARDED)),
    ),
    acquire_export(
        "KeReleaseGuardedMutexUnsafe",
        RELEASE_GUARDED_UNSAFE,
        Handler::Sync(|k, a| release(k, a, GUARDED)),
    ),
    Export::new(
        "KeTryToAcquireGuardedMutex",
        TRY_GUARDED,
        APC_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(|k, a| try_acquire(k, a, GUARDED)),
    ),
];

/// What `KeInitializeGuardedMutex` does here, and the inline `ExInitializeFastMutex` in a driver.
fn initialize(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let mutex = args.pointer(kernel, 0)?;
    let object: &mut FAST_MUTEX = kernel.mem.at_mut(mutex)?;
    (object.Count, object.Owner, object.Contention) = (1, Addr::NULL, 0);
    kernel.rename(mutex, ObjectKind::Lock);
    Ok(0)
}

/// Takes the mutex if nobody has it.
fn take(kernel: &mut Kernel, mutex: Addr, form: Form, attempt: bool) -> Result<bool, Stop> {
    let thread = kernel.thread_object(kernel.sched.current());
    let name = kernel.name_of(mutex, ObjectKind::Lock);
    let object: &mut FAST_MUTEX = kernel.mem.at_mut(mutex)?;
    if object.Owner == thread {
        return Err(verifier(0x1000, format!("{name} is acquired by the thread that holds it")));
    }
    if object.Count != 1 {
        return Ok(false);
    }
    (object.Count, object.Owner) = (0, thread);
    taken(kernel, mutex, form, attempt)?;
    Ok(true)
}

/// The current thread has the mutex now.
fn taken(kernel: &mut Kernel, mutex: Addr, form: Form, attempt: bool) -> Result<(), Stop> {
    if form.raises {
        let before = kernel.sched.set_irql(kernel.sched.irql().max(APC_LEVEL));
        kernel.mem.at_mut::<FAST_MUTEX>(mutex)?.OldIrql = u32::from(before);
    }
    let lock = kernel.name_of(mutex, ObjectKind::Lock);
    kernel.emit(LockAcquired { lock, form: form.traced, attempt });
    Ok(())
}

fn try_acquire(kernel: &mut Kernel, args: Args, form: Form) -> Result<u64, Stop> {
    let mutex = args.pointer(kernel, 0)?;
    take(kernel, mutex, form, true).map(u64::from)
}

fn at_once(kernel: &mut Kernel, args: Args, form: Form) -> Result<Option<u64>, Stop> {
    let mutex = args.pointer(kernel, 0)?;
    Ok(take(kernel, mutex, form, false)?.then_some(0))
}

fn acquire(cpu: Cpu, args: Args, form: Form) -> RoutineFuture {
    Box::pin(async move {
        let (mutex, what) = {
            let mut kernel = cpu.k();
            let mutex = args.pointer(&kernel, 0)?;
            kernel.ke.mutexes.entry(mutex).or_default().push_back(cpu.thread());
            kernel.mem.at_mut::<FAST_MUTEX>(mutex)?.Contention += 1;
            (mutex, kernel.name_of(mutex, ObjectKind::Lock).to_string())
        };
        cpu.block(what).await;
        taken(&mut cpu.k(), mutex, form, false)?;
        Ok(0)
    })
}

/// Gives the mutex to whoever came first, or makes it free.
fn release(kernel: &mut Kernel, args: Args, form: Form) -> Result<u64, Stop> {
    let mutex = args.pointer(kernel, 0)?;
    let thread = kernel.thread_object(kernel.sched.current());
    let lock = kernel.name_of(mutex, ObjectKind::Lock);
    kernel.emit(LockReleased { lock, form: form.traced });
    let object = *kernel.mem.at::<FAST_MUTEX>(mutex)?;
    if object.Owner != thread {
        return Err(verifier(0x1004, format!("{lock} is released by a thread that does not hold it")));
    }
    let next = kernel.ke.mutexes.get_mut(&mutex).and_then(VecDeque::pop_front);
    let owner = next.map_or(Addr::NULL, |next| kernel.thread_object(next));
    let object: &mut FAST_MUTEX = kernel.mem.at_mut(mutex)?;
    (object.Count, object.Owner) = (i32::from(next.is_none()), owner);
    let irql = object.OldIrql;
    if form.raises {
        kernel.sched.set_irql(u8::try_from(irql).unwrap_or(APC_LEVEL));
    }
    if let Some(next) = next {
        kernel.sched.wake(next, 0);
    }
    Ok(0)
}
