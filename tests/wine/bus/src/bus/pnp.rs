//! PnP requests to the root device.

use alloc::sync::Arc;

use wdk_sys::{
    _DEVICE_RELATION_TYPE::BusRelations, GUID, IRP_MN_QUERY_DEVICE_RELATIONS, IRP_MN_REMOVE_DEVICE,
    IRP_MN_START_DEVICE, IRP_MN_SURPRISE_REMOVAL,
};

use super::Bus;
use crate::{
    nt::{
        device::{Device, DeviceInterface},
        irp::Irp,
        own_irp::forward_and_wait,
        status::{NTSTATUS, STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS, is_success},
    },
    protocol::INTERFACE_PARTS,
};

const INTERFACE: GUID = GUID {
    Data1: INTERFACE_PARTS.0,
    Data2: INTERFACE_PARTS.1,
    Data3: INTERFACE_PARTS.2,
    Data4: INTERFACE_PARTS.3,
};

pub(super) fn dispatch(bus: &Arc<Bus>, irp: Irp, device: Device, lower: Device) -> NTSTATUS {
    match u32::from(irp.minor()) {
        IRP_MN_START_DEVICE => start(bus, irp, lower),
        IRP_MN_QUERY_DEVICE_RELATIONS if irp.asked_kind() == BusRelations => relations(bus, irp, lower),
        IRP_MN_SURPRISE_REMOVAL => {
            irp.set_status(STATUS_SUCCESS);
            irp.pass_down(lower)
        }
        IRP_MN_REMOVE_DEVICE => remove(bus, irp, device, lower),
        _ => irp.pass_down(lower),
    }
}

fn start(bus: &Bus, irp: Irp, lower: Device) -> NTSTATUS {
    let status = forward_and_wait(irp, lower);
    if !is_success(status) {
        return irp.complete(status);
    }
    let status = match DeviceInterface::enable(bus.physical, &INTERFACE) {
        Ok(interface) => {
            bus.known.lock().interface = Some(interface);
            STATUS_SUCCESS
        }
        Err(status) => status,
    };
    irp.complete(status)
}

fn relations(bus: &Bus, irp: Irp, lower: Device) -> NTSTATUS {
    bus.bury();
    for child in bus.children() {
        child.start_is_over();
    }
    let answer = Device::relations(&bus.report());
    if answer == 0 {
        return irp.complete(STATUS_INSUFFICIENT_RESOURCES);
    }
    irp.set_status(STATUS_SUCCESS);
    irp.set_information(answer);
    irp.pass_down(lower)
}

fn remove(bus: &Bus, irp: Irp, device: Device, lower: Device) -> NTSTATUS {
    // Off before the device object goes; not under the lock, which the kernel may not be called with.
    let interface = bus.known.lock().interface.take();
    drop(interface);
    // Wine has removed the children before; those that were still reported then are left to their bus.
    for child in bus.children() {
        bus.left(&child, child.delete());
    }
    bus.bury();
    irp.set_status(STATUS_SUCCESS);
    let status = irp.pass_down(lower);
    bus.known.lock().attached = None;
    lower.detach_above();
    drop(device.delete());
    status
}
