//! The driver's calls that concern device objects.

use nt_trace::ObjectId;
use nt_trace::event::{Actor, DeviceAttached};

use super::DeviceSpec;
use crate::{
    abi::{
        DEVICE_OBJECT, DRIVER_OBJECT,
        status::{
            STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_SUCH_DEVICE, STATUS_OBJECT_NAME_COLLISION,
            STATUS_OBJECT_NAME_EXISTS, STATUS_SUCCESS,
        },
    },
    kernel::{
        Kernel, answer,
        bug_check::verifier_io,
        export::{Args, Export, Handler, Returns},
    },
    mem::Addr,
    sched::{APC_LEVEL, DISPATCH_LEVEL, PASSIVE_LEVEL},
    stop::Stop,
};

/// `IoCreateDevice` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoCreateDevice",
        "wdm/nf-wdm-iocreatedevice",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INSUFFICIENT_RESOURCES.0, STATUS_OBJECT_NAME_EXISTS.0, STATUS_OBJECT_NAME_COLLISION.0],
        Handler::Sync(create_device),
    ),
    Export::new(
        "IoDeleteDevice",
        "wdm/nf-wdm-iodeletedevice",
        APC_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(delete_device),
    ),
    Export::new(
        "IoAttachDeviceToDeviceStack",
        "wdm/nf-wdm-ioattachdevicetodevicestack",
        DISPATCH_LEVEL,
        Returns::Pointer,
        &[STATUS_NO_SUCH_DEVICE.0],
        Handler::Sync(attach_device),
    ),
    Export::new(
        "IoDetachDevice",
        "wdm/nf-wdm-iodetachdevice",
        PASSIVE_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(detach_device),
    ),
    Export::new(
        "IoGetAttachedDevice",
        "ntifs/nf-ntifs-iogetattacheddevice",
        DISPATCH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Sync(get_attached_device),
    ),
    Export::new(
        "IoGetAttachedDeviceReference",
        "wdm/nf-wdm-iogetattacheddevicereference",
        DISPATCH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Sync(get_attached_device_reference),
    ),
    Export::new(
        "IoGetDeviceAttachmentBaseRef",
        "ntifs/nf-ntifs-iogetdeviceattachmentbaseref",
        DISPATCH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Sync(get_attachment_base),
    ),
    Export::new(
        "IoInvalidateDeviceState",
        "wdm/nf-wdm-ioinvalidatedevicestate",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(invalidate_device_state),
    ),
];

fn create_device(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (driver, extension) = (args.pointer(kernel, 0)?, args.ulong(kernel, 1)?);
    let (device_type, characteristics) = (args.ulong(kernel, 3)?, args.ulong(kernel, 4)?);
    let (exclusive, out) = (args.byte(kernel, 5)? != 0, args.pointer(kernel, 6)?);
    kernel.mem.at::<DRIVER_OBJECT>(driver)?;
    if let Some(status) = kernel.fault("IoCreateDevice") {
        return Ok(answer(status));
    }
    let name = args.pointer(kernel, 2)?;
    if kernel.is_name_taken(name)? {
        return Ok(answer(STATUS_OBJECT_NAME_COLLISION));
    }
    let spec = DeviceSpec {
        driver,
        by: Actor::Driver,
        sim: None,
        extension: u64::from(extension),
        device_type,
        characteristics,
        exclusive,
    };
    let device = kernel.create_device(&spec)?;
    kernel.name_device(device, name)?;
    kernel.mem.write(out, &device)?;
    Ok(answer(STATUS_SUCCESS))
}

fn delete_device(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let device = args.pointer(kernel, 0)?;
    kernel.delete_device(device)?;
    Ok(0)
}

fn attach_device(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (device, target) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    if kernel.actor_of(device) != Actor::Driver {
        // Told first, so that the rule about it speaks.
        let (upper, lower) = (kernel.object(device), kernel.object(target));
        kernel.emit(DeviceAttached { device: upper, to: ObjectId::NONE, target: lower, by: Actor::Driver });
        let text =
            format!("IoAttachDeviceToDeviceStack of {upper}, which is no device object of the driver's");
        return Err(verifier_io(0x04, text));
    }
    if kernel.fault("IoAttachDeviceToDeviceStack").is_some() {
        let (device, target) = (kernel.object(device), kernel.object(target));
        kernel.emit(DeviceAttached { device, to: ObjectId::NONE, target, by: Actor::Driver });
        return Ok(0);
    }
    Ok(kernel.attach_device(device, target)?.unwrap_or(Addr::NULL).0)
}

fn detach_device(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let lower = args.pointer(kernel, 0)?;
    kernel.detach_device(lower)?;
    Ok(0)
}

fn get_attached_device(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let device = args.pointer(kernel, 0)?;
    Ok(kernel.top_of_stack(device)?.0)
}

fn get_attached_device_reference(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let device = args.pointer(kernel, 0)?;
    let top = kernel.top_of_stack(device)?;
    kernel.driver_reference(top)?;
    Ok(top.0)
}

fn get_attachment_base(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let device = args.pointer(kernel, 0)?;
    kernel.mem.at::<DEVICE_OBJECT>(device)?;
    let bottom = kernel.bottom_of_stack(device);
    kernel.driver_reference(bottom)?;
    Ok(bottom.0)
}

fn invalidate_device_state(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let pdo = args.pointer(kernel, 0)?;
    kernel.mem.at::<DEVICE_OBJECT>(pdo)?;
    kernel.io.invalidated.push(pdo);
    kernel.pnp_changed();
    Ok(0)
}
