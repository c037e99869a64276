//! The driver's calls that concern IRPs.

use nt_trace::event::{
    Actor, CompletionRoutineExSet, CompletionRoutineSet, IrpCreated, IrpFreed, IrpOrigin, IrpReinitialised,
};

use super::{call_driver, cancel_irp, complete_request};
use crate::{
    abi::{
        IO_STACK_LOCATION, IO_STATUS_BLOCK, IRP,
        io_flags::{SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS},
        status::{STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS},
    },
    kernel::{
        Kernel,
        bug_check::verifier_io,
        export::{Args, Export, Handler, Returns, RoutineFuture},
        shadow::location,
    },
    mem::Addr,
    sched::{Cpu, DISPATCH_LEVEL},
    stop::Stop,
};

const NO_MEMORY: &[u32] = &[STATUS_INSUFFICIENT_RESOURCES.0];

/// `IofCallDriver` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IofCallDriver",
        "wdm/nf-wdm-iocalldriver",
        DISPATCH_LEVEL,
        Returns::Status,
        &[],
        Handler::Async(call_driver_export),
    ),
    Export::new(
        "IofCompleteRequest",
        "wdm/nf-wdm-iocompleterequest",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Async(complete_export),
    ),
    Export::new(
        "IoCancelIrp",
        "wdm/nf-wdm-iocancelirp",
        DISPATCH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Async(cancel_export),
    ),
    Export::new(
        "IoAllocateIrp",
        "wdm/nf-wdm-ioallocateirp",
        DISPATCH_LEVEL,
        Returns::Pointer,
        NO_MEMORY,
        Handler::Sync(allocate_irp),
    ),
    Export::new(
        "IoAllocateIrpEx",
        "wdm/nf-wdm-ioallocateirpex",
        DISPATCH_LEVEL,
        Returns::Pointer,
        NO_MEMORY,
        Handler::Sync(allocate_irp_ex),
    ),
    Export::new(
        "IoFreeIrp",
        "wdm/nf-wdm-iofreeirp",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(free_irp),
    ),
    Export::new(
        "IoReuseIrp",
        "wdm/nf-wdm-ioreuseirp",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(reuse_irp),
    ),
    Export::new(
        "IoInitializeIrp",
        "wdm/nf-wdm-ioinitializeirp",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(initialize_irp),
    ),
    Export::new(
        "IoSetCompletionRoutineEx",
        "wdm/nf-wdm-iosetcompletionroutineex",
        DISPATCH_LEVEL,
        Returns::Status,
        NO_MEMORY,
        Handler::Sync(set_completion_routine_ex),
    ),
];

fn call_driver_export(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let (from, device, irp) = {
            let kernel = cpu.look();
            let (device, irp) = (args.pointer(&kernel, 0)?, args.pointer(&kernel, 1)?);
            // An IRP that the driver allocated has no location of the driver's, so nobody sends it.
            let own = kernel.io.irps.get(&irp).is_some_and(|_| kernel.creator(irp) == Actor::Driver);
            (if own { Addr::NULL } else { kernel.acting_device() }, device, irp)
        };
        call_driver(&cpu, from, device, irp).await.map(crate::kernel::answer)
    })
}

fn complete_export(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let (device, irp) = {
            let kernel = cpu.look();
            let irp = args.pointer(&kernel, 0)?;
            (kernel.acting_or_own(irp), irp)
        };
        complete_request(&cpu, device, irp).await?;
        Ok(0)
    })
}

fn cancel_export(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let irp = args.pointer(&cpu.look(), 0)?;
        cancel_irp(&cpu, irp, Actor::Driver).await.map(u64::from)
    })
}

impl Kernel {
    /// The driver's device object that an IRP is with: its current location's, or the acting one.
    fn acting_or_own(&self, irp: Addr) -> Addr {
        let at = self.io.irps.contains_key(&irp).then(|| self.current_location(irp).ok()).flatten();
        let device = at.map_or(Addr::NULL, |at| at.DeviceObject);
        if self.io.driver_devices.contains(&device) { device } else { self.acting_device() }
    }
}

fn allocate(kernel: &mut Kernel, args: Args, index: u64, name: &'static str) -> Result<u64, Stop> {
    let locations = args.byte(kernel, index)?.cast_signed();
    if kernel.fault(name).is_some() {
        return Ok(0);
    }
    let irp = kernel.allocate_irp(locations, IrpOrigin::Allocated)?;
    let id = kernel.object(irp);
    kernel.emit(IrpCreated { irp: id, origin: IrpOrigin::Allocated, ..Default::default() });
    Ok(irp.0)
}

fn allocate_irp(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    allocate(kernel, args, 0, "IoAllocateIrp")
}

fn allocate_irp_ex(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    allocate(kernel, args, 1, "IoAllocateIrpEx")
}

fn free_irp(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let irp = args.pointer(kernel, 0)?;
    if let Some(record) = kernel.io.irps.get(&irp)
        && !matches!(record.origin, IrpOrigin::Allocated | IrpOrigin::BuiltAsynchronous)
    {
        let id = record.id;
        kernel.emit(IrpFreed { irp: id, by: Actor::Driver });
        return Err(verifier_io(0x02, format!("IoFreeIrp of {id}, which is not the driver's to free")));
    }
    kernel.free_irp(irp, Actor::Driver)?;
    Ok(0)
}

/// What `IoReuseIrp` and `IoInitializeIrp` share: zeros, and the fields that say how large it is.
fn start_anew(kernel: &mut Kernel, irp: Addr, locations: i8) -> Result<(), Stop> {
    let count = u64::try_from(locations).unwrap_or(0);
    let length = location(irp, count + 1).0 - irp.0;
    kernel.mem.bytes_mut(irp, length)?.fill(0);
    kernel.initialize_irp(irp, locations)?;
    if let Some(record) = kernel.io.irps.get_mut(&irp) {
        record.completions.clear();
        record.cancel = None;
    }
    Ok(())
}

fn reuse_irp(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (irp, status) = (args.pointer(kernel, 0)?, args.ulong(kernel, 1)?);
    if kernel.io.irps.get(&irp).is_none_or(|record| record.origin != IrpOrigin::Allocated) {
        let id = kernel.object(irp);
        kernel.emit(IrpReinitialised { irp: id, reuse: true });
        return Err(verifier_io(0x310, format!("IoReuseIrp of {id}, which IoAllocateIrp did not give")));
    }
    let header: &IRP = kernel.mem.at(irp)?;
    let (locations, flags) = (header.StackCount, header.AllocationFlags);
    start_anew(kernel, irp, locations)?;
    let header: &mut IRP = kernel.mem.at_mut(irp)?;
    header.AllocationFlags = flags;
    header.IoStatus = IO_STATUS_BLOCK::new(status, 0);
    reinitialised(kernel, irp, true)
}

fn initialize_irp(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (irp, locations) = (args.pointer(kernel, 0)?, args.byte(kernel, 2)?.cast_signed());
    if !kernel.io.irps.contains_key(&irp) {
        return Err(verifier_io(0x20D, "IoInitializeIrp of memory that IoAllocateIrp did not give"));
    }
    start_anew(kernel, irp, locations)?;
    reinitialised(kernel, irp, false)
}

fn reinitialised(kernel: &mut Kernel, irp: Addr, reuse: bool) -> Result<u64, Stop> {
    kernel.reshadow(irp)?;
    let id = kernel.object(irp);
    kernel.emit(IrpReinitialised { irp: id, reuse });
    Ok(0)
}

/// The `Ex` form differs by a reference to the device object, which keeps the driver loaded.
fn set_completion_routine_ex(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (irp, routine) = (args.pointer(kernel, 1)?, args.pointer(kernel, 2)?);
    let (context, device) = (args.pointer(kernel, 3)?, args.pointer(kernel, 0)?);
    let device = kernel.object(device);
    if let Some(status) = kernel.fault("IoSetCompletionRoutineEx") {
        let irp = kernel.object(irp);
        kernel.emit(CompletionRoutineExSet { irp, device, status });
        return Ok(crate::kernel::answer(status));
    }
    let mut control = 0;
    for (index, bit) in [(4, SL_INVOKE_ON_SUCCESS), (5, SL_INVOKE_ON_ERROR), (6, SL_INVOKE_ON_CANCEL)] {
        if args.byte(kernel, index)? != 0 {
            control |= bit;
        }
    }
    let next = kernel.irp(irp)?.CurrentLocation.saturating_sub(1);
    kernel.location_mut(irp, next, |at: &mut IO_STACK_LOCATION| {
        at.Control = control;
        at.CompletionRoutine = routine;
        at.Context = context;
    })?;
    let pageable = kernel.mem.pageable_section(routine).is_some();
    let (irp, routine) = (kernel.object(irp), kernel.site_of(routine));
    let ours = routine.is_some();
    kernel.emit(CompletionRoutineSet { irp, control, ours, routine, ex: true, pageable });
    kernel.emit(CompletionRoutineExSet { irp, device, status: STATUS_SUCCESS });
    Ok(0)
}
