//! `DriverEntry`, `AddDevice`, `DriverUnload`, and the dispatch routine.

// UNSAFETY: routines that the kernel calls.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use wdk_sys::{
    DEVICE_OBJECT, DRIVER_OBJECT, IRP, IRP_MJ_PNP, IRP_MJ_POWER, NTSTATUS, PCUNICODE_STRING,
    STATUS_INVALID_DEVICE_REQUEST, STATUS_NO_SUCH_DEVICE, STATUS_SUCCESS,
};

use crate::{
    bus, child, filter,
    nt::{
        device::{Device, Driver},
        irp::Irp,
    },
    role::Role,
    shared::{allocator::Pool, line::trace},
    usb::engine,
};

/// `IRP_MJ_PNP`
pub const PNP: u8 = IRP_MJ_PNP as u8;
/// `IRP_MJ_POWER`
pub const POWER: u8 = IRP_MJ_POWER as u8;

/// The entry point that the loader calls.
// SAFETY: no other function has this name.
#[unsafe(export_name = "DriverEntry")]
pub extern "system" fn driver_entry(
    driver: &mut DRIVER_OBJECT,
    _registry_path: PCUNICODE_STRING,
) -> NTSTATUS {
    if let Err(status) = engine::start() {
        return status;
    }
    for routine in &mut driver.MajorFunction {
        *routine = Some(dispatch);
    }
    driver.DriverUnload = Some(unload);
    // SAFETY: the I/O manager made the driver extension.
    unsafe { (*driver.DriverExtension).AddDevice = Some(add_device) };
    STATUS_SUCCESS
}

unsafe extern "C" fn unload(_: *mut DRIVER_OBJECT) {
    engine::stop();
    trace!("~bus unload");
    let left = Pool::left();
    if left > 0 {
        trace!("~bus broken {left} allocations are left at unload");
    }
}

unsafe extern "C" fn add_device(driver: *mut DRIVER_OBJECT, physical: *mut DEVICE_OBJECT) -> NTSTATUS {
    match (Driver::of(driver), Device::of(physical)) {
        (Some(driver), Some(physical)) => bus::add(driver, physical),
        _ => STATUS_NO_SUCH_DEVICE,
    }
}

unsafe extern "C" fn dispatch(device: *mut DEVICE_OBJECT, irp: *mut IRP) -> NTSTATUS {
    let irp = Irp::of(irp);
    let Some(device) = Device::of(device) else { return irp.complete(STATUS_INVALID_DEVICE_REQUEST) };
    match device.role() {
        Role::Bus(bus) => bus::dispatch(&bus, irp),
        Role::Child(child) => child::dispatch(&child, irp),
        Role::Filter(child) => filter::dispatch(&child, irp),
    }
}
