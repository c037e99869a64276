//! `DriverEntry`, `AddDevice` and `DriverUnload`.

// UNSAFETY: fills the driver object and makes device objects.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::ptr;

use usbclient_protocol::{DEVICE_INTERFACE_GUID, Guid};
use wdk_sys::{
    DEVICE_OBJECT, DO_BUFFERED_IO, DO_DEVICE_INITIALIZING, DO_DIRECT_IO, DO_POWER_PAGABLE, DRIVER_OBJECT,
    FILE_DEVICE_SECURE_OPEN, FILE_DEVICE_UNKNOWN, GUID, NT_SUCCESS, NTSTATUS, STATUS_NO_SUCH_DEVICE,
    STATUS_SUCCESS,
    ntddk::{
        IoAttachDeviceToDeviceStack, IoCreateDevice, IoDeleteDevice, IoDetachDevice,
        IoRegisterDeviceInterface,
    },
};

use crate::{Extension, Specimen, io, kernel, pnp, usb};

/// `IRP_MJ_POWER`.
pub const POWER: u8 = 0x16;
/// `IRP_MJ_SYSTEM_CONTROL`.
pub const SYSTEM_CONTROL: u8 = 0x17;
/// `IRP_MJ_PNP`.
pub const PNP: u8 = 0x1B;

/// `DriverEntry`.
pub fn enter<S: Specimen>(driver: &mut DRIVER_OBJECT) -> NTSTATUS {
    for (major, entry) in (0_u8..).zip(&mut driver.MajorFunction) {
        if S::handles(major) {
            *entry = match major {
                PNP => Some(pnp::dispatch::<S>),
                POWER => S::power_routine(),
                SYSTEM_CONTROL => Some(io::pass::<S>),
                _ => Some(io::dispatch::<S>),
            };
        }
    }
    driver.DriverUnload = Some(unload::<S>);
    // SAFETY: the I/O manager made the driver extension.
    unsafe { (*driver.DriverExtension).AddDevice = Some(add_device::<S>) };
    S::entered();
    STATUS_SUCCESS
}

unsafe extern "C" fn unload<S: Specimen>(_driver: *mut DRIVER_OBJECT) {
    S::unload();
}

unsafe extern "C" fn add_device<S: Specimen>(
    driver: *mut DRIVER_OBJECT,
    physical: *mut DEVICE_OBJECT,
) -> NTSTATUS {
    let mut device = ptr::null_mut();
    // SAFETY: the driver object is valid, at PASSIVE_LEVEL.
    let status = unsafe {
        IoCreateDevice(
            driver,
            size_of::<Extension>() as u32,
            ptr::null_mut(),
            S::device_type(),
            FILE_DEVICE_SECURE_OPEN,
            0,
            &raw mut device,
        )
    };
    // STATUS_OBJECT_NAME_EXISTS is documented, and a success without a device object.
    if !NT_SUCCESS(status) || device.is_null() {
        return if NT_SUCCESS(status) { STATUS_NO_SUCH_DEVICE } else { status };
    }
    let extension = Extension::of(device);
    // SAFETY: the I/O manager made the extension, and nobody else knows it yet.
    let fields = unsafe { &mut *extension };
    fields.device = device;
    fields.physical = physical;
    kernel::initialise_lock(extension);
    S::created(extension);
    // SAFETY: both device objects are valid.
    fields.lower = unsafe { IoAttachDeviceToDeviceStack(device, physical) };
    if fields.lower.is_null() {
        delete(extension);
        return STATUS_NO_SUCH_DEVICE;
    }
    S::attached(extension);
    let status = usb::create_handle(extension);
    if !NT_SUCCESS(status) {
        S::unwind(extension);
        return status;
    }
    let status = register_interface(extension);
    if !NT_SUCCESS(status) {
        usb::close_handle(extension);
        detach(extension);
        delete(extension);
        return status;
    }
    S::added(extension);
    STATUS_SUCCESS
}

/// Takes over the bits that a driver takes over from the device that it attached to.
pub fn inherit_flags(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let &Extension { device, lower, .. } = unsafe { &*extension };
    // SAFETY: the device below is valid.
    let flags = unsafe { (*lower).Flags } & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
    // SAFETY: the device is this driver's.
    unsafe { (*device).Flags |= flags };
}

fn register_interface(extension: *mut Extension) -> NTSTATUS {
    let Guid { data1, data2, data3, data4 } = DEVICE_INTERFACE_GUID;
    let guid = GUID { Data1: data1, Data2: data2, Data3: data3, Data4: data4 };
    // SAFETY: the extension is valid.
    let fields = unsafe { &mut *extension };
    // SAFETY: the physical device object is valid, at PASSIVE_LEVEL.
    unsafe {
        IoRegisterDeviceInterface(
            fields.physical,
            &raw const guid,
            ptr::null_mut(),
            &raw mut fields.interface,
        )
    }
}

/// Clears `DO_DEVICE_INITIALIZING`: the device takes IRPs.
pub fn clear_initialising(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let device = unsafe { (*extension).device };
    // SAFETY: the device is this driver's.
    unsafe { (*device).Flags &= !DO_DEVICE_INITIALIZING };
}

/// `IoRegisterDeviceInterface` for the driver's own device object.
pub fn register_for_itself(extension: *mut Extension) {
    let guid = GUID { Data1: 0x1234_5678, Data2: 1, Data3: 2, Data4: [3; 8] };
    let mut string = wdk_sys::UNICODE_STRING::default();
    // SAFETY: the extension is valid.
    let device = unsafe { (*extension).device };
    // SAFETY: not right, which is the point.
    let status =
        unsafe { IoRegisterDeviceInterface(device, &raw const guid, ptr::null_mut(), &raw mut string) };
    if NT_SUCCESS(status) {
        // SAFETY: the string is IoRegisterDeviceInterface's.
        unsafe { wdk_sys::ntddk::RtlFreeUnicodeString(&raw mut string) };
    }
}

/// `IoAttachDeviceToDeviceStack` with its arguments exchanged.
pub fn attach_backwards(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let &Extension { device, physical, .. } = unsafe { &*extension };
    // SAFETY: not right, which is the point.
    let _ = unsafe { IoAttachDeviceToDeviceStack(physical, device) };
}

/// A device object without a name of this driver's, with nothing below it. NULL when there is no memory.
fn create_another(extension: *mut Extension) -> *mut DEVICE_OBJECT {
    let mut device = ptr::null_mut();
    // SAFETY: the extension is valid.
    let own = unsafe { (*extension).device };
    // SAFETY: the device is valid.
    let driver = unsafe { (*own).DriverObject };
    // SAFETY: the driver object is valid, at PASSIVE_LEVEL.
    let _ = unsafe { IoCreateDevice(driver, 0, ptr::null_mut(), FILE_DEVICE_UNKNOWN, 0, 0, &raw mut device) };
    if !device.is_null() {
        // SAFETY: the device is this driver's.
        unsafe { (*device).Flags &= !DO_DEVICE_INITIALIZING };
    }
    device
}

/// Makes two device objects and attaches one to the other.
pub fn attach_elsewhere(extension: *mut Extension) {
    let (lower, upper) = (create_another(extension), create_another(extension));
    if lower.is_null() || upper.is_null() {
        return;
    }
    // SAFETY: both are valid.
    let _ = unsafe { IoAttachDeviceToDeviceStack(upper, lower) };
    // SAFETY: the extension is valid.
    let fields = unsafe { &mut *extension };
    (fields.second_device, fields.third_device) = (lower, upper);
}

/// Undoes [`attach_elsewhere`].
pub fn detach_elsewhere(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let &Extension { second_device, third_device, .. } = unsafe { &*extension };
    if second_device.is_null() {
        return;
    }
    // SAFETY: the other one is attached to it.
    unsafe { IoDetachDevice(second_device) };
    // SAFETY: nobody refers to it.
    unsafe { IoDeleteDevice(third_device) };
    // SAFETY: as above.
    unsafe { IoDeleteDevice(second_device) };
}

/// `IoDetachDevice` from the device below.
pub fn detach(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let lower = unsafe { (*extension).lower };
    // SAFETY: attached to it.
    unsafe { IoDetachDevice(lower) };
}

/// `IoDeleteDevice`.
pub fn delete(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let device = unsafe { (*extension).device };
    // SAFETY: the device is this driver's, and the extension is not used any more.
    unsafe { IoDeleteDevice(device) };
}
