//! Work items. Each run is a thread of its own at `PASSIVE_LEVEL`.

use nt_trace::{
    ObjectId, ObjectKind,
    event::{Callback, WorkItemAllocated, WorkItemFreed, WorkItemQueued},
};

use crate::{
    abi::status::STATUS_INSUFFICIENT_RESOURCES,
    kernel::{
        Kernel,
        bug_check::verifier,
        callback::{self, Frame},
        export::{Args, Export, Handler, Returns},
    },
    mem::{Addr, Fill, Request},
    sched::{Cpu, DISPATCH_LEVEL, PASSIVE_LEVEL},
    stop::Stop,
};

/// `IoAllocateWorkItem` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoAllocateWorkItem",
        "wdm/nf-wdm-ioallocateworkitem",
        DISPATCH_LEVEL,
        Returns::Pointer,
        &[STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Sync(allocate),
    ),
    Export::new(
        "IoQueueWorkItem",
        "wdm/nf-wdm-ioqueueworkitem",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(queue),
    ),
    Export::new(
        "IoQueueWorkItemEx",
        "wdm/nf-wdm-ioqueueworkitemex",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(queue_ex),
    ),
    Export::new(
        "IoFreeWorkItem",
        "wdm/nf-wdm-iofreeworkitem",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(free),
    ),
];

/// Opaque to drivers.
const SIZE: u64 = 96;

/// A work item that is allocated.
#[derive(Clone, Copy, Debug)]
pub struct WorkItem {
    /// Its name.
    pub id: ObjectId,
    /// Its device object, which a queued item keeps.
    pub device: Addr,
    /// It is queued and has not begun to run.
    pub queued: bool,
    /// Where the allocating call returns to.
    pub site: Addr,
}

fn allocate(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let device = args.pointer(kernel, 0)?;
    let name = kernel.object(device);
    if kernel.fault("IoAllocateWorkItem").is_some() {
        kernel.emit(WorkItemAllocated { item: ObjectId::NONE, device: name });
        return Ok(0);
    }
    let site = kernel.site();
    let request = Request { kind: ObjectKind::WorkItem, length: SIZE, tag: 0, fill: Fill::Poison, site };
    let item = kernel.mem.allocate(request)?;
    let id = kernel.object(item);
    kernel.io.work_items.insert(item, WorkItem { id, device, queued: false, site });
    kernel.emit(WorkItemAllocated { item: id, device: name });
    Ok(item.0)
}

fn queue(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    start(kernel, args, false)
}

fn queue_ex(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    start(kernel, args, true)
}

fn start(kernel: &mut Kernel, args: Args, ex: bool) -> Result<u64, Stop> {
    let (item, routine) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let context = args.pointer(kernel, 3)?;
    let Some(record) = kernel.io.work_items.get_mut(&item) else {
        return Err(no_item(kernel, item));
    };
    let (id, device) = (record.id, record.device);
    if std::mem::replace(&mut record.queued, true) {
        return Err(verifier(0x2C, format!("{id} is queued a second time before it ran")));
    }
    kernel.emit(WorkItemQueued { item: id });
    kernel.reference_device(device, true)?;
    let arguments = if ex { [device, context, item] } else { [device, context, Addr::NULL] };
    let thread =
        kernel.sched.spawn("work item", PASSIVE_LEVEL, move |cpu| run(cpu, item, routine, arguments));
    kernel.sched.pass_hold(thread);
    Ok(0)
}

async fn run(cpu: Cpu, item: Addr, routine: Addr, arguments: [Addr; 3]) -> Result<(), Stop> {
    let [device, ..] = arguments;
    let id = {
        let mut kernel = cpu.k();
        let Some(record) = kernel.io.work_items.get_mut(&item) else {
            return Err(no_item(&kernel, item));
        };
        record.queued = false;
        record.id
    };
    let frame = Frame { device, irp: Addr::NULL };
    callback::call_in(&cpu, Callback::WorkItem { item: id }, routine, &arguments, frame).await?;
    cpu.k().reference_device(device, false)
}

fn free(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let item = args.pointer(kernel, 0)?;
    let Some(record) = kernel.io.work_items.remove(&item) else {
        return Err(no_item(kernel, item));
    };
    kernel.emit(WorkItemFreed { item: record.id });
    if record.queued {
        return Err(verifier(0x2C, format!("{} is freed while it is queued", record.id)));
    }
    let site = kernel.site();
    kernel.mem.free(item, site)?;
    Ok(0)
}

fn no_item(kernel: &Kernel, item: Addr) -> Stop {
    verifier(0x2C, format!("{item} ({}) is no work item, or was freed", kernel.object(item)))
}
