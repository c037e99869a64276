//! Threads that the driver makes, and handles of them.

use std::collections::BTreeMap;

use nt_trace::{
    NtStatus, ObjectId, ObjectKind,
    event::{Actor, Callback, CallbackLeave, ObjectDereferenced, ObjectReferenced},
};

use super::{
    Kernel, answer,
    bug_check::{REFERENCE_BY_POINTER, bug_check},
    callback,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns, RoutineFuture},
    process,
};
use crate::{
    abi::{
        DISPATCHER_HEADER, LIST_ENTRY,
        status::{
            STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER,
            STATUS_OBJECT_TYPE_MISMATCH, STATUS_SUCCESS,
        },
    },
    mem::{Addr, Fill, Request},
    sched::{Cpu, PASSIVE_LEVEL, ThreadId},
    stop::Stop,
};

/// `PsCreateSystemThread` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "PsCreateSystemThread",
        "wdm/nf-wdm-pscreatesystemthread",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Sync(create),
    ),
    Export::new(
        "PsTerminateSystemThread",
        "wdm/nf-wdm-psterminatesystemthread",
        PASSIVE_LEVEL,
        Returns::Status,
        &[],
        Handler::Async(terminate),
    ),
    Export::new(
        "ObReferenceObjectByHandle",
        "wdm/nf-wdm-obreferenceobjectbyhandle",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INVALID_HANDLE.0, STATUS_OBJECT_TYPE_MISMATCH.0],
        Handler::Sync(reference_by_handle),
    ),
    Export::new(
        "PsThreadType",
        "wdm/nf-wdm-obreferenceobjectbyhandle",
        HIGH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Data(thread_type),
    ),
];

/// Opaque to drivers, but for its dispatcher header.
const SIZE: u64 = 1152;
/// What `*PsThreadType` is: an address that nothing lies at.
static THREAD_TYPE: u64 = 0xFFFF_8300_0000_0000;

/// The driver's threads.
#[derive(Debug, Default)]
pub struct SystemThreads {
    /// By object. One stays until nobody has a handle or a reference any more.
    threads: BTreeMap<Addr, SystemThread>,
    by_number: BTreeMap<ThreadId, Addr>,
    handles: BTreeMap<u64, (Addr, Addr)>,
    next_handle: u64,
}

/// A thread that the driver made.
#[derive(Clone, Copy, Debug)]
struct SystemThread {
    id: ObjectId,
    thread: ThreadId,
    runs: bool,
    handles: u32,
    /// References of the driver's, and where it took the latest.
    references: u32,
    referenced_at: Addr,
}

impl Kernel {
    /// The address that a thread's object goes by: the object of one that the driver made, otherwise an address
    /// that nothing lies at.
    #[must_use]
    pub fn thread_object(&self, thread: ThreadId) -> Addr {
        let object = self.system_threads.by_number.get(&thread).copied();
        object.unwrap_or_else(|| process::thread_address(thread))
    }

    /// Closes a handle of a thread. False when it is none.
    pub(super) fn close_thread_handle(&mut self, handle: u64) -> Result<bool, Stop> {
        let Some((object, _)) = self.system_threads.handles.remove(&handle) else { return Ok(false) };
        if let Some(thread) = self.system_threads.threads.get_mut(&object) {
            thread.handles -= 1;
        }
        self.forget_thread_if_unused(object)?;
        Ok(true)
    }

    /// Takes a reference to a thread's object. None when it is no thread's.
    pub(super) fn reference_thread(&mut self, object: Addr) -> Option<u32> {
        let site = self.site();
        let thread = self.system_threads.threads.get_mut(&object)?;
        thread.references += 1;
        thread.referenced_at = site;
        let (object, count) = (thread.id, thread.references);
        self.emit(ObjectReferenced { object, by: Actor::Driver, count });
        Some(count)
    }

    /// Gives a reference to a thread's object back. None when it is no thread's.
    pub(super) fn dereference_thread(&mut self, object: Addr) -> Result<Option<u32>, Stop> {
        let Some(thread) = self.system_threads.threads.get_mut(&object) else { return Ok(None) };
        let id = thread.id;
        let Some(count) = thread.references.checked_sub(1) else {
            let text = format!("{id} is dereferenced more often than referenced");
            return Err(bug_check(REFERENCE_BY_POINTER, 0, text));
        };
        thread.references = count;
        self.emit(ObjectDereferenced { object: id, by: Actor::Driver, count });
        self.forget_thread_if_unused(object)?;
        Ok(Some(count))
    }

    fn forget_thread_if_unused(&mut self, object: Addr) -> Result<(), Stop> {
        let unused = |thread: &SystemThread| !thread.runs && thread.handles == 0 && thread.references == 0;
        if self.system_threads.threads.get(&object).is_some_and(unused) {
            self.system_threads.threads.remove(&object);
            self.mem.free(object, self.site())?;
        }
        Ok(())
    }

    /// A thread of the driver's has ended: whoever waits for it goes on.
    fn thread_ended(&mut self, object: Addr) -> Result<(), Stop> {
        self.signal(object)?;
        if let Some(thread) = self.system_threads.threads.get_mut(&object) {
            thread.runs = false;
            let number = thread.thread;
            self.system_threads.by_number.remove(&number);
        }
        self.forget_thread_if_unused(object)
    }

    /// The driver's threads that have not ended.
    pub(super) fn running_threads(&self) -> Vec<ObjectId> {
        let threads = self.system_threads.threads.values();
        threads.filter(|thread| thread.runs).map(|thread| thread.id).collect()
    }

    /// Handles of threads that are open, and where they were made.
    pub(super) fn open_thread_handles(&self) -> Vec<(ObjectId, Addr)> {
        let handles = self.system_threads.handles.values();
        handles.map(|(object, site)| (self.object(*object), *site)).collect()
    }

    /// Thread objects that the driver still refers to: which, how often, since when.
    pub(super) fn referenced_threads(&self) -> Vec<(ObjectId, u32, Addr)> {
        let threads = self.system_threads.threads.values();
        let held = threads.filter(|thread| thread.references > 0);
        held.map(|thread| (thread.id, thread.references, thread.referenced_at)).collect()
    }
}

/// The variable lies in the simulator, where no life's end takes it away; drivers only read it.
fn thread_type(_: &mut Kernel) -> Result<Addr, Stop> {
    Ok(Addr(&raw const THREAD_TYPE as u64))
}

fn create(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (out, client) = (args.pointer(kernel, 0)?, args.pointer(kernel, 4)?);
    let (routine, context) = (args.pointer(kernel, 5)?, args.pointer(kernel, 6)?);
    if let Some(status) = kernel.fault("PsCreateSystemThread") {
        return Ok(answer(status));
    }
    let site = kernel.site();
    let request = Request { kind: ObjectKind::Thread, length: SIZE, tag: 0, fill: Fill::Poison, site };
    let object = kernel.mem.allocate(request)?;
    let list = object.field(std::mem::offset_of!(DISPATCHER_HEADER, WaitListHead));
    let header: &mut DISPATCHER_HEADER = kernel.mem.at_mut(object)?;
    (header.Type, header.SignalState) = (DISPATCHER_HEADER::THREAD, 0);
    header.WaitListHead = LIST_ENTRY::empty(list);
    let id = kernel.object(object);
    let thread =
        kernel.sched.spawn("system thread", PASSIVE_LEVEL, move |cpu| run(cpu, object, routine, context));
    let record =
        SystemThread { id, thread, runs: true, handles: 1, references: 0, referenced_at: Addr::NULL };
    let known = &mut kernel.system_threads;
    known.threads.insert(object, record);
    known.by_number.insert(thread, object);
    known.next_handle += 4;
    // Kernel handles have the sign bit set; those of registry keys are lower.
    let handle = 0xFFFF_FFFF_C000_0000 + known.next_handle;
    known.handles.insert(handle, (object, site));
    kernel.mem.write(out, &handle)?;
    if !client.is_null() {
        // CLIENT_ID: the system process, and a multiple of four.
        kernel.mem.write(client, &[4, u64::from(thread.0) * 4])?;
    }
    Ok(answer(STATUS_SUCCESS))
}

/// A routine that returns ends its thread as `PsTerminateSystemThread` does.
async fn run(cpu: Cpu, object: Addr, routine: Addr, context: Addr) -> Result<(), Stop> {
    let thread = cpu.look().object(object);
    callback::call(&cpu, Callback::Thread { thread }, routine, &[context]).await?;
    cpu.k().thread_ended(object)
}

fn terminate(cpu: Cpu, _: Args) -> RoutineFuture {
    Box::pin(async move {
        {
            let mut kernel = cpu.k();
            let Some(object) = kernel.system_threads.by_number.get(&cpu.thread()).copied() else {
                return Ok(answer(STATUS_INVALID_PARAMETER));
            };
            kernel.sync_thread();
            kernel.callbacks.remove(&cpu.thread());
            let thread = kernel.object(object);
            kernel.emit_at(
                None,
                CallbackLeave { callback: Callback::Thread { thread }, status: NtStatus::SUCCESS },
            );
            kernel.thread_ended(object)?;
        }
        cpu.exit().await;
        Ok(0)
    })
}

/// Handles that user mode passes in its buffers are numbers to this kernel: there is nothing behind them.
fn reference_by_handle(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (handle, kind) = (args.get(kernel, 0)?, args.get(kernel, 2)?);
    let out = args.pointer(kernel, 4)?;
    if let Some(status) = kernel.fault("ObReferenceObjectByHandle") {
        return Ok(answer(status));
    }
    let Some((object, _)) = kernel.system_threads.handles.get(&handle).copied() else {
        return Ok(answer(STATUS_INVALID_HANDLE));
    };
    if kind != 0 && kind != THREAD_TYPE {
        return Ok(answer(STATUS_OBJECT_TYPE_MISMATCH));
    }
    kernel.reference_thread(object);
    kernel.mem.write(out, &object)?;
    Ok(answer(STATUS_SUCCESS))
}
