//! Waits for the end of an idle notification, which the USB stack keeps for as long as the device is idle.

// UNSAFETY: allocates and sends IRPs.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{ffi::c_void, ptr};

use wdk_sys::{
    DEVICE_OBJECT, IO_STATUS_BLOCK, IRP, NTSTATUS, STATUS_MORE_PROCESSING_REQUIRED,
    ntddk::IoBuildDeviceIoControlRequest,
};

use crate::{Extension, Irp, kernel, own_irp};

/// `IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION`, which is a macro.
const SUBMIT_IDLE_NOTIFICATION: u32 = 0x0022_0027;
/// `IRP_MJ_INTERNAL_DEVICE_CONTROL`.
const INTERNAL_DEVICE_CONTROL: u8 = 0x0F;

/// `USB_IDLE_CALLBACK_INFO`
#[repr(C)]
struct CallbackInfo {
    callback: unsafe extern "C" fn(*mut c_void),
    context: *mut c_void,
}

const unsafe extern "C" fn stays_awake(_: *mut c_void) {}

/// By an IRP of `IoAllocateIrp`.
pub fn by_own_irp(extension: *mut Extension) {
    let mut info = CallbackInfo { callback: stays_awake, context: ptr::null_mut() };
    let Some(irp) = own_irp::allocate(extension) else { return };
    // SAFETY: the IRP has a next stack location.
    let next = unsafe { &mut *irp.next() };
    next.MajorFunction = INTERNAL_DEVICE_CONTROL;
    next.Parameters.DeviceIoControl.IoControlCode = SUBMIT_IDLE_NOTIFICATION;
    next.Parameters.DeviceIoControl.InputBufferLength = size_of::<CallbackInfo>() as u32;
    next.Parameters.DeviceIoControl.Type3InputBuffer = (&raw mut info).cast();
    let mut event = kernel::Event::new();
    let event = event.initialise();
    irp.set_completion_routine(Some(came_back), event.cast());
    let _ = irp.call(Extension::lower(extension));
    kernel::wait(event);
    own_irp::free(irp);
}

/// By an IRP of `IoBuildDeviceIoControlRequest`.
pub fn by_built_irp(extension: *mut Extension) {
    let mut info = CallbackInfo { callback: stays_awake, context: ptr::null_mut() };
    let (mut event, mut status) = (kernel::Event::new(), IO_STATUS_BLOCK::default());
    let (event, lower) = (event.initialise(), Extension::lower(extension));
    let (input, length) = ((&raw mut info).cast(), size_of::<CallbackInfo>() as u32);
    let (none, code) = (ptr::null_mut(), SUBMIT_IDLE_NOTIFICATION);
    // SAFETY: event, status block and input outlive the IRP.
    let irp = unsafe {
        IoBuildDeviceIoControlRequest(code, lower, input, length, none, 0, 1, event, &raw mut status)
    };
    if !irp.is_null() && kernel::is_pending(Irp(irp).call(lower)) {
        kernel::wait(event);
    }
}

unsafe extern "C" fn came_back(_: *mut DEVICE_OBJECT, _: *mut IRP, context: *mut c_void) -> NTSTATUS {
    kernel::set(context.cast());
    STATUS_MORE_PROCESSING_REQUIRED
}
