//! Executive resources: locks that one thread has exclusively, or several share.

use std::collections::{BTreeMap, VecDeque};

use nt_trace::{
    ObjectKind,
    event::{LockAcquired, LockForm, LockReleased},
};

use crate::{
    abi::status::STATUS_SUCCESS,
    kernel::{
        Kernel, answer,
        bug_check::{RESOURCE_NOT_OWNED, bug_check},
        export::{Args, Export, Handler, Returns, RoutineFuture},
    },
    mem::Addr,
    sched::{APC_LEVEL, Cpu, DISPATCH_LEVEL, ThreadId},
    stop::Stop,
};

const INITIALIZE: &str = "wdm/nf-wdm-exinitializeresourcelite";
const EXCLUSIVE: &str = "wdm/nf-wdm-exacquireresourceexclusivelite";
const SHARED: &str = "wdm/nf-wdm-exacquireresourcesharedlite";
const STARVE: &str = "wdm/nf-wdm-exacquiresharedstarveexclusive";
const FOR_EXCLUSIVE: &str = "wdm/nf-wdm-exacquiresharedwaitforexclusive";
const ENTER_EXCLUSIVE: &str = "wdm/nf-wdm-exentercriticalregionandacquireresourceexclusive";
const ENTER_SHARED: &str = "wdm/nf-wdm-exentercriticalregionandacquireresourceshared";
const RELEASE: &str = "wdm/nf-wdm-exreleaseresourcelite";

/// `ExInitializeResourceLite` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "ExInitializeResourceLite",
        INITIALIZE,
        DISPATCH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(initialize),
    ),
    Export::new(
        "ExReinitializeResourceLite",
        "wdm/nf-wdm-exreinitializeresourcelite",
        DISPATCH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(initialize),
    ),
    Export::new(
        "ExDeleteResourceLite",
        "wdm/nf-wdm-exdeleteresourcelite",
        DISPATCH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(delete),
    ),
    acquire_export(
        "ExAcquireResourceExclusiveLite",
        EXCLUSIVE,
        Handler::Try(|k, a| at_once(k, a, Way::EXCLUSIVE), |c, a| acquire(c, a, Way::EXCLUSIVE)),
    ),
    acquire_export(
        "ExAcquireResourceSharedLite",
        SHARED,
        Handler::Try(|k, a| at_once(k, a, Way::SHARED), |c, a| acquire(c, a, Way::SHARED)),
    ),
    acquire_export(
        "ExAcquireSharedStarveExclusive",
        STARVE,
        Handler::Try(|k, a| at_once(k, a, Way::STARVE), |c, a| acquire(c, a, Way::STARVE)),
    ),
    acquire_export(
        "ExAcquireSharedWaitForExclusive",
        FOR_EXCLUSIVE,
        Handler::Try(|k, a| at_once(k, a, Way::FOR_EXCLUSIVE), |c, a| acquire(c, a, Way::FOR_EXCLUSIVE)),
    ),
    acquire_export(
        "ExEnterCriticalRegionAndAcquireResourceExclusive",
        ENTER_EXCLUSIVE,
        Handler::Try(|k, a| at_once(k, a, Way::ENTER_EXCLUSIVE), |c, a| acquire(c, a, Way::ENTER_EXCLUSIVE)),
    ),
    acquire_export(
        "ExEnterCriticalRegionAndAcquireResourceShared",
        ENTER_SHARED,
        Handler::Try(|k, a| at_once(k, a, Way::ENTER_SHARED), |c, a| acquire(c, a, Way::ENTER_SHARED)),
    ),
    Export::new("ExReleaseResourceLite", RELEASE, DISPATCH_LEVEL, Returns::Void, &[], Handler::Sync(release)),
    Export::new(
        "ExReleaseResourceForThreadLite",
        "wdm/nf-wdm-exreleaseresourceforthreadlite",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(release_for_thread),
    ),
    Export::new(
        "ExReleaseResourceAndLeaveCriticalRegion",
        "wdm/nf-wdm-exreleaseresourceandleavecriticalregion",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(release_and_leave),
    ),
    Export::new(
        "ExConvertExclusiveToSharedLite",
        "wdm/nf-wdm-exconvertexclusivetosharedlite",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(convert),
    ),
    Export::new(
        "ExIsResourceAcquiredExclusiveLite",
        "wdm/nf-wdm-exisresourceacquiredexclusivelite",
        DISPATCH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(|k, a| held(k, a, true)),
    ),
    Export::new(
        "ExIsResourceAcquiredSharedLite",
        "wdm/nf-wdm-exisresourceacquiredsharedlite",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(|k, a| held(k, a, false)),
    ),
    Export::new(
        "ExGetExclusiveWaiterCount",
        "wdm/nf-wdm-exgetexclusivewaitercount",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(|k, a| waiting(k, a, true)),
    ),
    Export::new(
        "ExGetSharedWaiterCount",
        "wdm/nf-wdm-exgetsharedwaitercount",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(|k, a| waiting(k, a, false)),
    ),
];

const fn acquire_export(name: &'static str, page: &'static str, handler: Handler) -> Export {
    Export::new(name, page, APC_LEVEL, Returns::Boolean, &[], handler)
}

/// Size of an `ERESOURCE`, which is opaque.
const SIZE: u64 = 104;

/// The resources that were initialised and not deleted.
pub(super) type Resources = BTreeMap<Addr, Resource>;

/// A resource.
#[derive(Debug)]
pub(super) struct Resource {
    site: Addr,
    exclusive: bool,
    /// Who has it, and how often.
    owners: BTreeMap<ThreadId, u32>,
    waiting: VecDeque<(ThreadId, Way)>,
}

/// How a thread wants it.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent questions, answered by the constants below"
)]
struct Way {
    exclusive: bool,
    /// Goes before threads that wait for it exclusively, even when the caller does not have it yet.
    starves: bool,
    /// Stands behind those threads even when the caller shares it already.
    behind: bool,
    /// Enters a critical region first; its routine has no `Wait` argument and gives the resource back.
    enters: bool,
}

impl Way {
    const EXCLUSIVE: Self = Self { exclusive: true, starves: false, behind: false, enters: false };
    const SHARED: Self = Self { exclusive: false, ..Self::EXCLUSIVE };
    const STARVE: Self = Self { starves: true, ..Self::SHARED };
    const FOR_EXCLUSIVE: Self = Self { behind: true, ..Self::SHARED };
    const ENTER_EXCLUSIVE: Self = Self { enters: true, ..Self::EXCLUSIVE };
    const ENTER_SHARED: Self = Self { enters: true, ..Self::SHARED };

    const fn form(self) -> LockForm {
        if self.exclusive { LockForm::ResourceExclusive } else { LockForm::ResourceShared }
    }
}

impl Resource {
    /// Whether a thread can have it now.
    fn allows(&self, thread: ThreadId, way: Way) -> bool {
        let mine = self.owners.contains_key(&thread);
        if self.owners.is_empty() {
            return way.exclusive || way.starves || self.waiting.is_empty();
        }
        if self.exclusive {
            return mine;
        }
        let somebody_wants_it = self.waiting.iter().any(|(_, way)| way.exclusive);
        !way.exclusive && (way.starves || !somebody_wants_it || (mine && !way.behind))
    }

    fn give_to(&mut self, thread: ThreadId, way: Way) {
        if self.owners.is_empty() {
            self.exclusive = way.exclusive;
        }
        *self.owners.entry(thread).or_insert(0) += 1;
    }

    /// Who goes on now that somebody gave it back.
    fn next(&mut self) -> Vec<(ThreadId, Way)> {
        let mut next = Vec::new();
        while let Some((_, way)) = self.waiting.front().copied() {
            let free = self.owners.is_empty() || (!self.exclusive && !way.exclusive);
            if !free {
                break;
            }
            if let Some((thread, way)) = self.waiting.pop_front() {
                self.give_to(thread, way);
                next.push((thread, way));
            }
        }
        next
    }
}

impl Kernel {
    /// Resources that were initialised and not deleted, and where that was.
    pub(in crate::kernel) fn resources_left(&self) -> Vec<(Addr, Addr)> {
        self.ex.resources.iter().map(|(at, resource)| (*at, resource.site)).collect()
    }

    fn resource(&mut self, at: Addr) -> Result<&mut Resource, Stop> {
        self.mem.bytes(at, SIZE)?;
        let name = self.name_of(at, ObjectKind::Lock);
        let missing = || Stop::Deadlock(format!("{name} is a resource that was never initialised"));
        self.ex.resources.get_mut(&at).ok_or_else(missing)
    }

    fn tell_acquired(&mut self, at: Addr, form: LockForm) {
        let lock = self.name_of(at, ObjectKind::Lock);
        self.emit(LockAcquired { lock, form, ..Default::default() });
    }
}

fn initialize(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let at = args.pointer(kernel, 0)?;
    kernel.mem.bytes_mut(at, SIZE)?.fill(0);
    kernel.rename(at, ObjectKind::Lock);
    let site = kernel.site();
    let resource = Resource { site, exclusive: false, owners: BTreeMap::new(), waiting: VecDeque::new() };
    kernel.ex.resources.insert(at, resource);
    Ok(answer(STATUS_SUCCESS))
}

fn delete(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let at = args.pointer(kernel, 0)?;
    kernel.resource(at)?;
    kernel.ex.resources.remove(&at);
    Ok(answer(STATUS_SUCCESS))
}

fn at_once(kernel: &mut Kernel, args: Args, way: Way) -> Result<Option<u64>, Stop> {
    let at = args.pointer(kernel, 0)?;
    let waits = way.enters || args.byte(kernel, 1)? != 0;
    let thread = kernel.sched.current();
    let resource = kernel.resource(at)?;
    if !resource.allows(thread, way) {
        return Ok((!waits).then_some(0));
    }
    resource.give_to(thread, way);
    if way.enters {
        kernel.regions(1, 0)?;
    }
    kernel.tell_acquired(at, way.form());
    Ok(Some(if way.enters { at.0 } else { 1 }))
}

fn acquire(cpu: Cpu, args: Args, way: Way) -> RoutineFuture {
    Box::pin(async move {
        let (at, what) = {
            let mut kernel = cpu.k();
            let at = args.pointer(&kernel, 0)?;
            kernel.resource(at)?.waiting.push_back((cpu.thread(), way));
            (at, kernel.name_of(at, ObjectKind::Lock).to_string())
        };
        cpu.block(what).await;
        let mut kernel = cpu.k();
        if way.enters {
            kernel.regions(1, 0)?;
        }
        kernel.tell_acquired(at, way.form());
        Ok(if way.enters { at.0 } else { 1 })
    })
}

fn release(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let thread = kernel.sched.current();
    give_back(kernel, args, thread)
}

/// The owner is named by its thread object.
fn release_for_thread(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (at, owner) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    #[expect(clippy::needless_collect, reason = "the list borrows the kernel, which makes thread objects")]
    let owners: Vec<ThreadId> = kernel.resource(at)?.owners.keys().copied().collect();
    let named = owners.into_iter().find(|thread| kernel.thread_object(*thread) == owner);
    // Nobody: the thread that calls does not have it either.
    give_back(kernel, args, named.unwrap_or(ThreadId(0)))
}

fn release_and_leave(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    release(kernel, args)?;
    kernel.regions(-1, 0)
}

fn give_back(kernel: &mut Kernel, args: Args, thread: ThreadId) -> Result<u64, Stop> {
    let at = args.pointer(kernel, 0)?;
    let lock = kernel.name_of(at, ObjectKind::Lock);
    let resource = kernel.resource(at)?;
    let form = if resource.exclusive { LockForm::ResourceExclusive } else { LockForm::ResourceShared };
    let Some(count) = resource.owners.get_mut(&thread) else {
        let text = format!("{lock} is released by a thread that does not have it");
        kernel.emit(LockReleased { lock, form });
        return Err(bug_check(RESOURCE_NOT_OWNED, at.0, text));
    };
    *count -= 1;
    if *count == 0 {
        resource.owners.remove(&thread);
    }
    let next = resource.next();
    kernel.emit(LockReleased { lock, form });
    for (thread, _) in next {
        kernel.sched.wake(thread, 0);
    }
    Ok(0)
}

fn convert(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let at = args.pointer(kernel, 0)?;
    let thread = kernel.sched.current();
    let lock = kernel.name_of(at, ObjectKind::Lock);
    let resource = kernel.resource(at)?;
    if !resource.exclusive || !resource.owners.contains_key(&thread) {
        let text = format!("{lock} is converted by a thread that does not have it exclusively");
        return Err(bug_check(RESOURCE_NOT_OWNED, at.0, text));
    }
    resource.exclusive = false;
    for (thread, _) in resource.next() {
        kernel.sched.wake(thread, 0);
    }
    Ok(0)
}

/// How often the caller has it.
fn held(kernel: &mut Kernel, args: Args, exclusively: bool) -> Result<u64, Stop> {
    let at = args.pointer(kernel, 0)?;
    let thread = kernel.sched.current();
    let resource = kernel.resource(at)?;
    let count = resource.owners.get(&thread).copied().unwrap_or(0);
    Ok(if exclusively { u64::from(count > 0 && resource.exclusive) } else { u64::from(count) })
}

fn waiting(kernel: &mut Kernel, args: Args, exclusively: bool) -> Result<u64, Stop> {
    let at = args.pointer(kernel, 0)?;
    let waiting = &kernel.resource(at)?.waiting;
    Ok(waiting.iter().filter(|(_, way)| way.exclusive == exclusively).count() as u64)
}
