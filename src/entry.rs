//! `DriverEntry` and the dispatch table.
//!
//! Page: [Writing a DriverEntry routine](https://learn.microsoft.com/windows-hardware/drivers/kernel/writing-a-driverentry-routine)

// UNSAFETY: the kernel finds the entry point by its exported name.
#![expect(unsafe_code, reason = "an export name is an unsafe attribute")]

use wdk_sys::{
    DRIVER_OBJECT, IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_CREATE, IRP_MJ_DEVICE_CONTROL, IRP_MJ_POWER,
    IRP_MJ_SYSTEM_CONTROL, NTSTATUS, PCUNICODE_STRING,
};

use crate::{
    add_device::AddDevice,
    dispatch::{
        create_close::{Cleanup, Close, Create},
        device_control::DeviceControl,
        pnp::Pnp,
        power::Power,
        read_write::Unsupported,
        system_control::SystemControl,
    },
    nt::{
        device::DriverObject,
        dispatch::{Table, dispatch},
    },
};

/// Fills the driver object: 28 major function codes, `AddDevice` and `DriverUnload`. A code without a
/// routine of its own is refused here and never reaches the device below: read and write, which have
/// no endpoint to go to, and internal device control, which is how one drives a USB device directly.
#[unsafe(export_name = "DriverEntry")]
pub extern "system" fn driver_entry(driver: &mut DRIVER_OBJECT, registry_path: PCUNICODE_STRING) -> NTSTATUS {
    let majors = [
        (IRP_MJ_CREATE, dispatch::<Create>()),
        (IRP_MJ_CLOSE, dispatch::<Close>()),
        (IRP_MJ_CLEANUP, dispatch::<Cleanup>()),
        (IRP_MJ_DEVICE_CONTROL, dispatch::<DeviceControl>()),
        (IRP_MJ_POWER, dispatch::<Power>()),
        (IRP_MJ_SYSTEM_CONTROL, dispatch::<SystemControl>()),
    ];
    let table = Table { default: dispatch::<Unsupported>(), majors: &majors };
    DriverObject::fill::<AddDevice, Pnp>(driver, registry_path, &table)
}
