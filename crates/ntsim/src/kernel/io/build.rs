//! IRPs that the I/O manager builds for a driver, and finishes for it.

use nt_trace::{
    ObjectKind,
    event::{Actor, EventSignalled, IrpOrigin},
};

use super::{Finish, IrpSpec};
use crate::{
    abi::{
        DEVICE_OBJECT, IO_STATUS_BLOCK, IRP, MDL,
        device_flags::{DO_BUFFERED_IO, DO_DIRECT_IO},
        io_flags::{IRP_BUFFERED_IO, IRP_DEALLOCATE_BUFFER},
        ioctl::{METHOD_BUFFERED, METHOD_NEITHER},
        irp_major::{
            IRP_MJ_DEVICE_CONTROL, IRP_MJ_INTERNAL_DEVICE_CONTROL, IRP_MJ_PNP, IRP_MJ_READ, IRP_MJ_WRITE,
        },
        status::{STATUS_INSUFFICIENT_RESOURCES, STATUS_NOT_SUPPORTED, STATUS_SUCCESS},
    },
    kernel::{
        Kernel,
        export::{Args, Export, Handler, Returns},
    },
    mem::{Addr, Fill},
    sched::{APC_LEVEL, PASSIVE_LEVEL},
    stop::Stop,
};

const NO_MEMORY: &[u32] = &[STATUS_INSUFFICIENT_RESOURCES.0];

/// `IoBuildDeviceIoControlRequest` and its sibling.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoBuildDeviceIoControlRequest",
        "wdm/nf-wdm-iobuilddeviceiocontrolrequest",
        APC_LEVEL,
        Returns::Pointer,
        NO_MEMORY,
        Handler::Sync(build_device_control),
    ),
    Export::new(
        "IoBuildSynchronousFsdRequest",
        "wdm/nf-wdm-iobuildsynchronousfsdrequest",
        PASSIVE_LEVEL,
        Returns::Pointer,
        NO_MEMORY,
        Handler::Sync(build_synchronous),
    ),
    Export::new(
        "IoBuildAsynchronousFsdRequest",
        "wdm/nf-wdm-iobuildasynchronousfsdrequest",
        APC_LEVEL,
        Returns::Pointer,
        NO_MEMORY,
        Handler::Sync(build_asynchronous),
    ),
];

/// The caller's buffers and what it waits for.
#[derive(Clone, Copy)]
struct Request {
    input: (Addr, u32),
    output: (Addr, u32),
    event: Addr,
    io_status: Addr,
    system: Addr,
    mdl: Addr,
}

impl Request {
    /// What the I/O manager does in the end: copies the output, says how it went, signals.
    fn finish(self) -> Finish {
        Box::new(move |kernel, irp| {
            let block = kernel.irp(irp)?.IoStatus;
            if !self.system.is_null() {
                let room = u64::from(self.output.1).min(block.Information);
                if !nt_trace::NtStatus(block.Status).is_error() && !self.output.0.is_null() && room > 0 {
                    let bytes = kernel.mem.bytes(self.system, room)?.to_vec();
                    kernel.mem.bytes_mut(self.output.0, room)?.copy_from_slice(&bytes);
                }
                kernel.pool_free(self.system, 0)?;
            }
            if !self.mdl.is_null() {
                kernel.free_mdl(self.mdl)?;
            }
            let status = IO_STATUS_BLOCK::new(block.Status, block.Information);
            if !self.io_status.is_null() {
                kernel.mem.write(self.io_status, &status)?;
            }
            if !self.event.is_null() {
                let object = kernel.name_of(self.event, ObjectKind::Event);
                kernel.emit(EventSignalled { object, by: Actor::System, wait: false });
                kernel.signal(self.event)?;
            }
            Ok(())
        })
    }
}

fn build_device_control(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (code, device) = (args.ulong(kernel, 0)?, args.pointer(kernel, 1)?);
    let internal = args.byte(kernel, 6)? != 0;
    let mut request = Request {
        input: (args.pointer(kernel, 2)?, args.ulong(kernel, 3)?),
        output: (args.pointer(kernel, 4)?, args.ulong(kernel, 5)?),
        event: args.pointer(kernel, 7)?,
        io_status: args.pointer(kernel, 8)?,
        system: Addr::NULL,
        mdl: Addr::NULL,
    };
    if kernel.fault("IoBuildDeviceIoControlRequest").is_some() {
        return Ok(0);
    }
    let major = if internal { IRP_MJ_INTERNAL_DEVICE_CONTROL } else { IRP_MJ_DEVICE_CONTROL };
    let mut spec = IrpSpec::new(IrpOrigin::BuiltDeviceControl, major, 0);
    spec.event = request.event;
    let parameters = spec.parameters.DeviceIoControl_mut();
    parameters.IoControlCode = code;
    parameters.InputBufferLength = request.input.1;
    parameters.OutputBufferLength = request.output.1;
    let method = code & METHOD_NEITHER;
    if method == METHOD_NEITHER {
        parameters.Type3InputBuffer = request.input.0;
    } else {
        let output = if method == METHOD_BUFFERED { request.output.1 } else { 0 };
        let size = u64::from(request.input.1.max(output));
        if size > 0 {
            request.system = kernel.system_allocate(size, Fill::Poison)?;
        }
        if request.input.1 > 0 {
            let bytes = kernel.mem.bytes(request.input.0, u64::from(request.input.1))?.to_vec();
            kernel.mem.bytes_mut(request.system, u64::from(request.input.1))?.copy_from_slice(&bytes);
        }
        if method != METHOD_BUFFERED && request.output.1 > 0 {
            request.mdl = kernel.allocate_mdl(request.output.0, request.output.1, false)?;
        }
    }
    let irp = kernel.build_irp(device, &spec, Some(request.finish()))?;
    attach(kernel, irp, &request, method == METHOD_NEITHER)?;
    Ok(irp.0)
}

fn build_synchronous(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (major, device) = (args.byte(kernel, 0)?, args.pointer(kernel, 1)?);
    let (buffer, length) = (args.pointer(kernel, 2)?, args.ulong(kernel, 3)?);
    let mut request = Request {
        input: (Addr::NULL, 0),
        output: (buffer, length),
        event: args.pointer(kernel, 5)?,
        io_status: args.pointer(kernel, 6)?,
        system: Addr::NULL,
        mdl: Addr::NULL,
    };
    if kernel.fault("IoBuildSynchronousFsdRequest").is_some() {
        return Ok(0);
    }
    kernel.mem.at::<DEVICE_OBJECT>(device)?;
    let mut spec = IrpSpec::new(IrpOrigin::BuiltSynchronous, major, 0);
    spec.event = request.event;
    spec.status = if major == IRP_MJ_PNP { STATUS_NOT_SUPPORTED } else { STATUS_SUCCESS };
    spec.parameters.Read_mut().Length = length;
    if length > 0 && !buffer.is_null() {
        request.mdl = kernel.allocate_mdl(buffer, length, false)?;
    }
    let irp = kernel.build_irp(device, &spec, Some(request.finish()))?;
    attach(kernel, irp, &request, false)?;
    Ok(irp.0)
}

/// The driver's own to free, with whatever hangs on it: nobody signals anything, and nothing is copied back. How the
/// buffer is passed follows from the device's flags.
fn build_asynchronous(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (major, device) = (args.byte(kernel, 0)?, args.pointer(kernel, 1)?);
    let (buffer, length) = (args.pointer(kernel, 2)?, args.ulong(kernel, 3)?);
    let (offset, io_status) = (args.pointer(kernel, 4)?, args.pointer(kernel, 5)?);
    if kernel.fault("IoBuildAsynchronousFsdRequest").is_some() {
        return Ok(0);
    }
    let flags = kernel.mem.at::<DEVICE_OBJECT>(device)?.Flags;
    let mut spec = IrpSpec::new(IrpOrigin::BuiltAsynchronous, major, 0);
    spec.status = if major == IRP_MJ_PNP { STATUS_NOT_SUPPORTED } else { STATUS_SUCCESS };
    let transfers = matches!(major, IRP_MJ_READ | IRP_MJ_WRITE);
    let mut request = Request {
        input: (Addr::NULL, 0),
        output: (buffer, length),
        event: Addr::NULL,
        io_status,
        system: Addr::NULL,
        mdl: Addr::NULL,
    };
    if transfers {
        let parameters = spec.parameters.Read_mut();
        parameters.Length = length;
        parameters.ByteOffset = if offset.is_null() { 0 } else { kernel.mem.read(offset)? };
        if length > 0 && flags & DO_BUFFERED_IO != 0 {
            request.system = kernel.system_allocate(u64::from(length), Fill::Poison)?;
            if major == IRP_MJ_WRITE {
                let bytes = kernel.mem.bytes(buffer, u64::from(length))?.to_vec();
                kernel.mem.bytes_mut(request.system, u64::from(length))?.copy_from_slice(&bytes);
            }
        } else if length > 0 && flags & DO_DIRECT_IO != 0 {
            // The driver unlocks and frees it before it frees the IRP.
            request.mdl = kernel.allocate_mdl(buffer, length, true)?;
            kernel.mem.at_mut::<MDL>(request.mdl)?.MdlFlags |= MDL::PAGES_LOCKED;
        }
    }
    let neither = transfers && flags & (DO_BUFFERED_IO | DO_DIRECT_IO) == 0;
    let irp = kernel.build_irp(device, &spec, None)?;
    attach(kernel, irp, &request, neither)?;
    Ok(irp.0)
}

fn attach(kernel: &mut Kernel, irp: Addr, request: &Request, neither: bool) -> Result<(), Stop> {
    kernel.irp_mut(irp, |header: &mut IRP| {
        header.AssociatedIrp = request.system;
        header.MdlAddress = request.mdl;
        header.UserBuffer = if neither { request.output.0 } else { Addr::NULL };
        header.UserEvent = request.event;
        header.UserIosb = request.io_status;
        if !request.system.is_null() {
            header.Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
        }
    })?;
    Ok(())
}
