//! Requests for the port that the device is at.
//!
//! Pages: [IOCTL_INTERNAL_USB_RESET_PORT](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbioctl/ni-usbioctl-ioctl_internal_usb_reset_port),
//! [IOCTL_INTERNAL_USB_CYCLE_PORT](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbioctl/ni-usbioctl-ioctl_internal_usb_cycle_port)

// UNSAFETY: an IRP is the kernel's.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{
    ffi::c_void,
    ptr::{self, NonNull},
};

use usbclient_core::dispatch::{IrpCalls as _, Pended};
use usbclient_protocol::status::STATUS_NO_SUCH_DEVICE;
use wdk_sys::{
    DEVICE_OBJECT, IRP, IRP_MJ_INTERNAL_DEVICE_CONTROL, NTSTATUS, STATUS_MORE_PROCESSING_REQUIRED,
    STATUS_SUCCESS, ntddk::IofCallDriver,
};

use super::{
    Nt,
    device::Device,
    irp::Irp,
    irql::{AtMostDispatch, Passive},
    narrow, stack_location,
};
use crate::recovery;

/// `IOCTL_INTERNAL_USB_RESET_PORT`, a macro in `usbioctl.h`.
pub(super) const IOCTL_INTERNAL_USB_RESET_PORT: u32 = 0x0022_0007;
/// `IOCTL_INTERNAL_USB_CYCLE_PORT`, a macro in `usbioctl.h`.
const IOCTL_INTERNAL_USB_CYCLE_PORT: u32 = 0x0022_001F;

/// Makes the next stack location an internal device control request without parameters.
///
/// # Safety
///
/// `irp` is a valid IRP of this driver's to send, with a location for the driver below.
pub(super) unsafe fn ask(irp: *mut IRP, code: u32) {
    // SAFETY: the caller's obligation.
    let location = unsafe { stack_location::next(irp) };
    // SAFETY: the next location is valid and this driver's to prepare.
    let next = unsafe { &mut *location };
    next.MajorFunction = const { narrow::u8(IRP_MJ_INTERNAL_DEVICE_CONTROL) };
    next.MinorFunction = 0;
    next.Flags = 0;
    next.FileObject = ptr::null_mut();
    next.Parameters.Others.Argument1 = ptr::null_mut();
    next.Parameters.Others.Argument2 = ptr::null_mut();
    next.Parameters.Others.Argument4 = ptr::null_mut();
    next.Parameters.DeviceIoControl.IoControlCode = code;
}

/// Sends the caller's IRP down as `IOCTL_INTERNAL_USB_CYCLE_PORT`. Its completion routine calls
/// [`recovery::cycled`]; the IRP keeps its hold of the remove lock until then.
pub fn send_cycle(pended: Pended<Nt>, passive: &mut Passive) {
    let (irp, device, tag) = pended.into_parts();
    let Some(lower) = device.lower() else {
        // A device that has started is attached.
        let status = recovery::cycled(device, STATUS_NO_SUCH_DEVICE.nt(), passive);
        return Pended::<Nt>::from_parts(irp, device, tag).complete(status, 0);
    };
    let irp = irp.as_ptr();
    // SAFETY: the IRP is this driver's, with a location below; the remove lock keeps the context.
    unsafe { stack_location::set_completion_routine(irp, Some(cycled), device.as_context()) };
    // SAFETY: as above.
    unsafe { ask(irp, IOCTL_INTERNAL_USB_CYCLE_PORT) };
    // SAFETY: prepared for the device below, which the run's hold of the remove lock keeps. The token
    // proves PASSIVE_LEVEL, which the page asks for.
    let _status = unsafe { IofCallDriver(lower.as_ptr(), irp) };
}

/// The completion routine of the request that cycles the port.
///
/// # Safety
///
/// Called by the I/O manager with the extension as context, which the IRP's remove lock keeps.
unsafe extern "C" fn cycled(_device: *mut DEVICE_OBJECT, irp: *mut IRP, context: *mut c_void) -> NTSTATUS {
    // SAFETY: IRQL in a completion routine is DISPATCH_LEVEL or below.
    let mut irql = unsafe { AtMostDispatch::mint() };
    // SAFETY: the context is from `send_cycle`.
    let device = unsafe { Device::from_context(context) };
    let (Some(device), Some(irp)) = (device, NonNull::new(irp)) else {
        return STATUS_MORE_PROCESSING_REQUIRED;
    };
    // SAFETY: the I/O manager gives the IRP back, at this driver's location.
    let mut irp = unsafe { Irp::from_raw(irp) };
    let status = recovery::cycled(device, irp.status(), &mut irql);
    irp.set_status_block(status, 0);
    // The IRP was marked pending when it was admitted, and goes on upwards.
    Nt::release_remove_lock(device, Nt::tag(&irp));
    STATUS_SUCCESS
}
