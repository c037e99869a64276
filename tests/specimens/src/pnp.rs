//! `IRP_MJ_PNP`.

// UNSAFETY: dispatch routines get the kernel's pointers.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::ffi::c_void;

use wdk_sys::{
    DEVICE_OBJECT, IRP, NT_SUCCESS, NTSTATUS, STATUS_MORE_PROCESSING_REQUIRED, STATUS_SUCCESS,
    ntddk::{IoSetDeviceInterfaceState, RtlFreeUnicodeString},
};

use crate::{Extension, Irp, Request, Specimen, driver, kernel};

/// `IRP_MN_START_DEVICE`.
pub const START: u8 = 0x00;
/// `IRP_MN_QUERY_REMOVE_DEVICE`.
pub const QUERY_REMOVE: u8 = 0x01;
/// `IRP_MN_REMOVE_DEVICE`.
pub const REMOVE: u8 = 0x02;
/// `IRP_MN_CANCEL_REMOVE_DEVICE`.
pub const CANCEL_REMOVE: u8 = 0x03;
/// `IRP_MN_STOP_DEVICE`.
pub const STOP: u8 = 0x04;
/// `IRP_MN_QUERY_STOP_DEVICE`.
pub const QUERY_STOP: u8 = 0x05;
/// `IRP_MN_CANCEL_STOP_DEVICE`.
pub const CANCEL_STOP: u8 = 0x06;
/// `IRP_MN_QUERY_DEVICE_TEXT`.
pub const QUERY_DEVICE_TEXT: u8 = 0x0C;
/// `IRP_MN_QUERY_CAPABILITIES`.
pub const QUERY_CAPABILITIES: u8 = 0x09;
/// `IRP_MN_SURPRISE_REMOVAL`.
pub const SURPRISE_REMOVAL: u8 = 0x17;

/// The dispatch routine.
///
/// # Safety
///
/// Called by the I/O manager.
pub unsafe extern "C" fn dispatch<S: Specimen>(device: *mut DEVICE_OBJECT, irp: *mut IRP) -> NTSTATUS {
    let (extension, irp) = (Extension::of(device), Irp(irp));
    let request = Request::of(irp);
    let status = S::acquire(extension, request);
    if !NT_SUCCESS(status) {
        return irp.complete(status);
    }
    S::before_pnp(extension, request);
    let status = match request.minor {
        // These two give the lock back themselves: after REMOVE there is none.
        REMOVE => return S::remove(extension, irp),
        SURPRISE_REMOVAL => return S::surprise_removal(extension, irp),
        START => S::start(extension, irp),
        QUERY_REMOVE => S::query_remove(extension, irp),
        CANCEL_REMOVE | STOP | QUERY_STOP | CANCEL_STOP => forward_with_success(extension, irp),
        _ => S::other_pnp(extension, irp),
    };
    S::after_pnp(extension, request);
    S::release(extension, request);
    status
}

/// Skips this driver's stack location and sends the IRP down.
#[must_use]
pub fn forward(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    // SAFETY: the extension is valid.
    irp.pass_down(unsafe { (*extension).lower })
}

/// The same for an IRP that this driver handles: its status is set first.
#[must_use]
pub fn forward_with_success(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    irp.set_status(STATUS_SUCCESS);
    forward(extension, irp)
}

/// `IRP_MN_START_DEVICE`: the lower drivers first.
#[must_use]
pub fn start<S: Specimen>(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    let status = forward_and_wait::<S>(extension, irp);
    if NT_SUCCESS(status) {
        S::started(extension);
        set_interface(extension, true);
        // SAFETY: the extension is valid.
        unsafe { (*extension).started = true };
    }
    irp.complete(status)
}

/// Sends an IRP down and gets it back.
#[must_use]
pub fn forward_and_wait<S: Specimen>(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    let mut event = kernel::Event::new();
    let event = event.initialise();
    irp.copy_to_next();
    irp.set_completion_routine(Some(came_back::<S>), event.cast());
    // SAFETY: the extension is valid.
    let status = irp.call(unsafe { (*extension).lower });
    if kernel::is_pending(status) {
        S::wait_for_lower(event);
    }
    irp.status()
}

unsafe extern "C" fn came_back<S: Specimen>(
    _device: *mut DEVICE_OBJECT,
    irp: *mut IRP,
    context: *mut c_void,
) -> NTSTATUS {
    S::came_back(Irp(irp), context.cast());
    STATUS_MORE_PROCESSING_REQUIRED
}

/// Turns the device interface on or off, if it is not so already.
pub fn set_interface(extension: *mut Extension, on: bool) {
    // SAFETY: the extension is valid.
    let fields = unsafe { &mut *extension };
    if fields.interface_on != on {
        fields.interface_on = on;
        // SAFETY: the string is the interface's, at PASSIVE_LEVEL.
        let _ = unsafe { IoSetDeviceInterfaceState(&raw mut fields.interface, on.into()) };
    }
}

/// `IRP_MN_SURPRISE_REMOVAL`: the device is gone, its handle is kept until REMOVE.
#[must_use]
pub fn surprise_removal<S: Specimen>(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    let request = Request::of(irp);
    stop_using::<S>(extension);
    let status = forward_with_success(extension, irp);
    S::release(extension, request);
    status
}

/// `IRP_MN_REMOVE_DEVICE`. No URB is left here: each belongs to an IRP that came through an open file, and REMOVE
/// does not come before the last file is closed.
#[must_use]
pub fn remove<S: Specimen>(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    let request = Request::of(irp);
    stop_using::<S>(extension);
    S::before_forward(extension);
    let status = S::forward_removal(extension, irp);
    S::wait_for_others(extension, request);
    driver::detach(extension);
    free_interface(extension);
    driver::delete(extension);
    status
}

/// The interface goes off, and requests are refused.
pub fn stop_using<S: Specimen>(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    unsafe { (*extension).started = false };
    S::interface_off(extension);
}

/// Frees the interface's string.
pub fn free_interface(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let string = unsafe { &raw mut (*extension).interface };
    // SAFETY: the string is IoRegisterDeviceInterface's.
    unsafe { RtlFreeUnicodeString(string) };
}
