//! Rundown protection: an object that is in use stays until its users have let it go.

use std::collections::BTreeMap;

use nt_trace::ObjectKind;

use crate::{
    kernel::{
        Kernel,
        bug_check::verifier,
        export::{Args, Export, HIGH_LEVEL, Handler, Returns, RoutineFuture},
    },
    mem::Addr,
    sched::{APC_LEVEL, Cpu, ThreadId},
    stop::Stop,
};

/// `ExInitializeRundownProtection` and its siblings.
pub const EXPORTS: &[Export] = &[
    routine(
        "ExInitializeRundownProtection",
        "wdm/nf-wdm-exinitializerundownprotection",
        Returns::Void,
        initialize,
    ),
    routine(
        "ExReInitializeRundownProtection",
        "wdm/nf-wdm-exreinitializerundownprotection",
        Returns::Void,
        reinitialize,
    ),
    routine(
        "ExAcquireRundownProtection",
        "wdm/nf-wdm-exacquirerundownprotection",
        Returns::Boolean,
        |k, a| acquire(k, a, 1),
    ),
    routine(
        "ExAcquireRundownProtectionEx",
        "wdm/nf-wdm-exacquirerundownprotectionex",
        Returns::Boolean,
        |k, a| {
            let count = a.ulong(k, 1)?;
            acquire(k, a, count)
        },
    ),
    routine("ExReleaseRundownProtection", "wdm/nf-wdm-exreleaserundownprotection", Returns::Void, |k, a| {
        release(k, a, 1)
    }),
    routine(
        "ExReleaseRundownProtectionEx",
        "wdm/nf-wdm-exreleaserundownprotectionex",
        Returns::Void,
        |k, a| {
            let count = a.ulong(k, 1)?;
            release(k, a, count)
        },
    ),
    routine("ExRundownCompleted", "wdm/nf-wdm-exrundowncompleted", Returns::Void, completed),
    Export::new(
        "ExWaitForRundownProtectionRelease",
        "wdm/nf-wdm-exwaitforrundownprotectionrelease",
        APC_LEVEL,
        Returns::Void,
        &[],
        Handler::Async(wait),
    ),
];

const fn routine(
    name: &'static str,
    page: &'static str,
    returns: Returns,
    code: fn(&mut Kernel, Args) -> Result<u64, Stop>,
) -> Export {
    Export::new(name, page, HIGH_LEVEL, returns, &[], Handler::Sync(code))
}

/// Set in an `EX_RUNDOWN_REF` once somebody waits or has waited. The users are counted in twos.
const ACTIVE: u64 = 1;

/// Threads that wait for the users of a reference.
pub(super) type Waiting = BTreeMap<Addr, Vec<ThreadId>>;

fn initialize(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let reference = args.pointer(kernel, 0)?;
    kernel.rename(reference, ObjectKind::Lock);
    kernel.mem.write(reference, &0_u64)?;
    Ok(0)
}

/// To be called only after a wait has ended.
fn reinitialize(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let reference = args.pointer(kernel, 0)?;
    if kernel.mem.read::<u64>(reference)? != ACTIVE {
        let name = kernel.name_of(reference, ObjectKind::Lock);
        return Err(verifier(0x00, format!("{name} is initialised again, and was not run down")));
    }
    kernel.mem.write(reference, &0_u64)?;
    Ok(0)
}

fn acquire(kernel: &mut Kernel, args: Args, count: u32) -> Result<u64, Stop> {
    let reference = args.pointer(kernel, 0)?;
    let value: u64 = kernel.mem.read(reference)?;
    if value & ACTIVE != 0 {
        return Ok(0);
    }
    kernel.mem.write(reference, &(value + u64::from(count) * 2))?;
    Ok(1)
}

fn release(kernel: &mut Kernel, args: Args, count: u32) -> Result<u64, Stop> {
    let reference = args.pointer(kernel, 0)?;
    let value: u64 = kernel.mem.read(reference)?;
    let Some(users) = (value / 2).checked_sub(u64::from(count)) else {
        let name = kernel.name_of(reference, ObjectKind::Lock);
        return Err(verifier(0x00, format!("{name} is released more often than acquired")));
    };
    kernel.mem.write(reference, &((users * 2) | value & ACTIVE))?;
    if users == 0 {
        for thread in kernel.ex.rundown.remove(&reference).unwrap_or_default() {
            kernel.sched.wake(thread, 0);
        }
    }
    Ok(0)
}

fn completed(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let reference = args.pointer(kernel, 0)?;
    kernel.mem.write(reference, &ACTIVE)?;
    Ok(0)
}

fn wait(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let what = {
            let mut kernel = cpu.k();
            let reference = args.pointer(&kernel, 0)?;
            let value: u64 = kernel.mem.read(reference)?;
            kernel.mem.write(reference, &(value | ACTIVE))?;
            if value / 2 == 0 {
                return Ok(0);
            }
            kernel.ex.rundown.entry(reference).or_default().push(cpu.thread());
            format!("the users of {}", kernel.name_of(reference, ObjectKind::Lock))
        };
        cpu.block(what).await;
        Ok(0)
    })
}
