//! Kernel mutexes. `KeWaitForSingleObject` takes one.

use nt_trace::{
    ObjectKind,
    event::{LockForm, LockReleased},
};

use crate::{
    abi::{DISPATCHER_HEADER, KMUTANT, LIST_ENTRY},
    kernel::{
        Kernel,
        bug_check::exception,
        export::{Args, Export, HIGH_LEVEL, Handler, Returns},
    },
    mem::Addr,
    sched::DISPATCH_LEVEL,
    stop::Stop,
};

/// `KeInitializeMutex` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "KeInitializeMutex",
        "wdm/nf-wdm-keinitializemutex",
        HIGH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(initialize),
    ),
    Export::new(
        "KeReleaseMutex",
        "wdm/nf-wdm-kereleasemutex",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(release),
    ),
    Export::new(
        "KeReadStateMutex",
        "wdm/nf-wdm-kereadstatemutex",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(read_state),
    ),
];

/// `STATUS_MUTANT_NOT_OWNED`
const NOT_OWNED: u32 = 0xC000_0046;

fn initialize(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let mutex = args.pointer(kernel, 0)?;
    let list = mutex.field(std::mem::offset_of!(DISPATCHER_HEADER, WaitListHead));
    let object: &mut KMUTANT = kernel.mem.at_mut(mutex)?;
    object.Header.Type = DISPATCHER_HEADER::MUTANT;
    object.Header.SignalState = 1;
    object.Header.WaitListHead = LIST_ENTRY::empty(list);
    object.OwnerThread = Addr::NULL;
    (object.Abandoned, object.ApcDisable) = (0, 1);
    kernel.rename(mutex, ObjectKind::Lock);
    Ok(0)
}

/// Gives back one of the times that its owner took it. Somebody else's is an exception.
fn release(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let mutex = args.pointer(kernel, 0)?;
    let thread = kernel.thread_object(kernel.sched.current());
    let name = kernel.name_of(mutex, ObjectKind::Lock);
    kernel.emit(LockReleased { lock: name, form: LockForm::Mutex });
    let object: &mut KMUTANT = kernel.mem.at_mut(mutex)?;
    if object.OwnerThread != thread {
        return Err(exception(
            NOT_OWNED,
            format!("KeReleaseMutex of {name} by a thread that does not have it"),
        ));
    }
    let before = object.Header.SignalState;
    object.Header.SignalState = before.saturating_add(1);
    if object.Header.SignalState == 1 {
        object.OwnerThread = Addr::NULL;
        kernel.release_waiters(mutex)?;
    }
    Ok(i64::from(before).cast_unsigned())
}

fn read_state(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let mutex = args.pointer(kernel, 0)?;
    Ok(i64::from(kernel.mem.at::<KMUTANT>(mutex)?.Header.SignalState).cast_unsigned())
}
