//! Reading descriptors by an IRP of the driver's own, in steps that a specimen can do in another order.

// UNSAFETY: allocates and sends IRPs.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{ffi::c_void, ptr};

use wdk_sys::{
    DEVICE_OBJECT, IRP, KEVENT, NT_SUCCESS, NTSTATUS, PURB, STATUS_MORE_PROCESSING_REQUIRED,
    ntddk::{IoAllocateMdl, IoCancelIrp, IoFreeMdl},
};

use crate::{Extension, Irp, kernel, own_irp, usb};

/// A read that is under way. Lies in the pool.
pub struct Reading {
    event: KEVENT,
    irp: Irp,
    urb: PURB,
    buffer: *mut c_void,
}

/// Sends an URB that reads the device descriptor and goes on. None when there is no memory.
#[must_use]
pub fn begin(extension: *mut Extension) -> Option<*mut Reading> {
    begin_descriptor(extension, usb::DEVICE_DESCRIPTOR, usb::DESCRIPTOR_LENGTH)
}

/// The same for a descriptor of another kind.
#[must_use]
pub fn begin_descriptor(extension: *mut Extension, kind: u8, length: u32) -> Option<*mut Reading> {
    // SAFETY: the extension is valid.
    let &Extension { handle, lower, .. } = unsafe { &*extension };
    let reading = kernel::allocate(size_of::<Reading>()).cast::<Reading>();
    let buffer = kernel::allocate(length as usize);
    let urb = usb::allocate(handle);
    let irp = own_irp::allocate(extension)?;
    if reading.is_null() || buffer.is_null() || urb.is_null() {
        return None;
    }
    // SAFETY: there is room for it, and all zero is valid.
    let fields = unsafe { &mut *reading };
    (fields.irp, fields.urb, fields.buffer) = (irp, urb, buffer);
    kernel::initialise_event(&raw mut fields.event);
    usb::format_descriptor(urb, buffer, kind, length);
    irp.submission(handle, urb, Some(came_back), (&raw mut fields.event).cast());
    let _ = irp.call(lower);
    Some(reading)
}

unsafe extern "C" fn came_back(_: *mut DEVICE_OBJECT, _: *mut IRP, context: *mut c_void) -> NTSTATUS {
    kernel::set(context.cast::<KEVENT>());
    STATUS_MORE_PROCESSING_REQUIRED
}

/// Waits for it, for at most this long in units of 100 ns (negative for a span of time). False when that was too
/// short: then it is cancelled and waited for all the same.
pub fn wait_for(reading: *mut Reading, timeout: i64) -> bool {
    // SAFETY: the reading is valid.
    let fields = unsafe { &mut *reading };
    if kernel::wait_at_most(&raw mut fields.event, timeout) {
        return true;
    }
    // SAFETY: the IRP is not freed yet.
    let _ = unsafe { IoCancelIrp(fields.irp.0) };
    kernel::wait(&raw mut fields.event);
    false
}

/// Waits for it as long as it takes.
pub fn wait(reading: *mut Reading) {
    // SAFETY: the reading is valid.
    kernel::wait(unsafe { &raw mut (*reading).event });
}

/// Its IRP.
#[must_use]
pub const fn irp(reading: *mut Reading) -> Irp {
    // SAFETY: the reading is valid.
    unsafe { (*reading).irp }
}

/// What it read.
#[must_use]
pub const fn bytes(reading: *mut Reading) -> (*mut c_void, usize) {
    // SAFETY: the reading is valid.
    let fields = unsafe { &*reading };
    (fields.buffer, usb::transferred(fields.urb) as usize)
}

/// Frees it, the URB included.
pub fn free(extension: *mut Extension, reading: *mut Reading) {
    // SAFETY: the reading is valid.
    let &mut Reading { irp, urb, buffer, .. } = unsafe { &mut *reading };
    // SAFETY: the extension is valid.
    usb::free(unsafe { (*extension).handle }, urb);
    own_irp::free(irp);
    kernel::free(buffer);
    kernel::free(reading.cast());
}

/// Sends an URB that the stack refuses. The completion routine frees the context when it comes back with an error,
/// and so does the sender when it is told of one.
pub fn send_refused(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let &Extension { handle, lower, .. } = unsafe { &*extension };
    let context = kernel::allocate(16);
    let urb = usb::allocate(handle);
    let Some(irp) = own_irp::allocate(extension).filter(|_| !context.is_null() && !urb.is_null()) else {
        return;
    };
    usb::format(urb, ptr::null_mut());
    usb::spoil(urb);
    irp.submission(handle, urb, Some(frees_its_context), context);
    let status = irp.call(lower);
    if !NT_SUCCESS(status) {
        kernel::free(context);
    }
    usb::free(handle, urb);
    own_irp::free(irp);
}

unsafe extern "C" fn frees_its_context(
    _: *mut DEVICE_OBJECT,
    irp: *mut IRP,
    context: *mut c_void,
) -> NTSTATUS {
    if !NT_SUCCESS(Irp(irp).status()) {
        kernel::free(context);
    }
    STATUS_MORE_PROCESSING_REQUIRED
}

/// `IoAllocateMdl` for memory of the driver's. NULL when there is none.
#[must_use]
pub fn describe(memory: *mut c_void, length: u32) -> *mut c_void {
    // SAFETY: nothing is looked at.
    unsafe { IoAllocateMdl(memory, length, 0, 0, ptr::null_mut()) }.cast()
}

/// `IoFreeMdl`
pub fn forget(mdl: *mut c_void) {
    // SAFETY: from `describe`.
    unsafe { IoFreeMdl(mdl.cast()) };
}
