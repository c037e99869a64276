//! Critical and guarded regions, in which a thread gets no asynchronous procedure calls.
//!
//! There are none here, so what remains is the count of each thread's regions, which drivers can ask for.

use std::collections::BTreeMap;

use crate::{
    kernel::{
        Kernel,
        export::{Args, Export, Handler, Returns},
    },
    sched::{APC_LEVEL, ThreadId},
    stop::Stop,
};

/// `KeEnterCriticalRegion` and its siblings.
pub const EXPORTS: &[Export] = &[
    region("KeEnterCriticalRegion", "ntddk/nf-ntddk-keentercriticalregion", |k, _| k.regions(1, 0)),
    region("KeLeaveCriticalRegion", "ntddk/nf-ntddk-keleavecriticalregion", |k, _| k.regions(-1, 0)),
    region("KeEnterGuardedRegion", "ntddk/nf-ntddk-keenterguardedregion", |k, _| k.regions(0, 1)),
    region("KeLeaveGuardedRegion", "ntddk/nf-ntddk-keleaveguardedregion", |k, _| k.regions(0, -1)),
    Export::new(
        "KeAreApcsDisabled",
        "ntddk/nf-ntddk-keareapcsdisabled",
        APC_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(apcs_disabled),
    ),
    Export::new(
        "KeAreAllApcsDisabled",
        "ntddk/nf-ntddk-keareallapcsdisabled",
        APC_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(all_apcs_disabled),
    ),
];

const fn region(
    name: &'static str,
    page: &'static str,
    routine: fn(&mut Kernel, Args) -> Result<u64, Stop>,
) -> Export {
    Export::new(name, page, APC_LEVEL, Returns::Void, &[], Handler::Sync(routine))
}

/// How many regions of each kind a thread is in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Inside {
    critical: i32,
    guarded: i32,
}

/// The threads that are in a region.
pub(super) type Regions = BTreeMap<ThreadId, Inside>;

impl Kernel {
    pub(in crate::kernel) fn regions(&mut self, critical: i32, guarded: i32) -> Result<u64, Stop> {
        let thread = self.sched.current();
        let inside = self.ke.regions.entry(thread).or_default();
        inside.critical += critical;
        inside.guarded += guarded;
        if (inside.critical, inside.guarded) == (0, 0) {
            self.ke.regions.remove(&thread);
        }
        Ok(0)
    }

    fn inside(&self) -> Inside {
        self.ke.regions.get(&self.sched.current()).copied().unwrap_or_default()
    }
}

fn apcs_disabled(kernel: &mut Kernel, _: Args) -> Result<u64, Stop> {
    let inside = kernel.inside();
    Ok(u64::from(inside.critical != 0 || inside.guarded != 0))
}

fn all_apcs_disabled(kernel: &mut Kernel, _: Args) -> Result<u64, Stop> {
    let inside = kernel.inside();
    Ok(u64::from(inside.guarded != 0 || kernel.sched.irql() >= APC_LEVEL))
}
