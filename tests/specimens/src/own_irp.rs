//! IRPs that the driver makes itself, for specimens that send their own.

// UNSAFETY: allocates and sends IRPs.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::{ffi::c_void, mem::offset_of, ptr};

use wdk_sys::{
    DEVICE_CAPABILITIES, DEVICE_OBJECT, IO_STACK_LOCATION, IO_STATUS_BLOCK, IRP, KEVENT, NTSTATUS,
    PIO_COMPLETION_ROUTINE, STATUS_MORE_PROCESSING_REQUIRED, STATUS_NOT_SUPPORTED,
    ntddk::{IoAllocateIrp, IoBuildDeviceIoControlRequest, IoFreeIrp, IoInitializeIrp, IoReuseIrp},
};

use crate::{Extension, Irp, driver, kernel, pnp, usb};

/// `IoAllocateIrp` with a location for every driver below. NULL when there is no memory.
#[must_use]
pub fn allocate(extension: *mut Extension) -> Option<Irp> {
    // SAFETY: the extension is valid.
    let lower = unsafe { (*extension).lower };
    // SAFETY: the device below is valid.
    let size = unsafe { (*lower).StackSize };
    // SAFETY: any size is allowed.
    let irp = unsafe { IoAllocateIrp(size, 0) };
    if irp.is_null() { None } else { Some(Irp(irp)) }
}

/// `IoFreeIrp`.
pub fn free(irp: Irp) {
    // SAFETY: from `allocate`, and not in use.
    unsafe { IoFreeIrp(irp.0) };
}

/// Offset of `Context` in a stack location.
const CONTEXT: usize = offset_of!(IO_STACK_LOCATION, Context);

/// Writes to the current stack location of an IRP that has none yet: it lies behind the last one.
pub fn write_past_last_location(extension: *mut Extension) {
    if let Some(irp) = allocate(extension) {
        let context = (&raw mut *irp.current()).cast();
        kernel::poke(context, CONTEXT, 1);
        free(irp);
    }
}

/// Reads the device descriptor with one URB that is sent in two IRPs at once, and waits for both of them.
///
/// `again`: formats it before the second time as well.
pub fn read_descriptor_with_one_urb(extension: *mut Extension, again: bool) {
    // SAFETY: the extension is valid.
    let &Extension { handle, lower, .. } = unsafe { &*extension };
    let buffer = kernel::allocate(usb::DESCRIPTOR_LENGTH as usize);
    let urb = usb::allocate(handle);
    if buffer.is_null() || urb.is_null() {
        return;
    }
    usb::format(urb, buffer);
    let mut events = [const { kernel::Event::new() }; 2];
    let mut irps = [None; 2];
    for (slot, event) in irps.iter_mut().zip(&mut events) {
        let event = event.initialise();
        *slot = allocate(extension).map(|irp| (irp, event));
        if let Some((irp, event)) = *slot {
            irp.submission(handle, urb, Some(came_back), event.cast());
            let _ = irp.call(lower);
            if again {
                usb::format(urb, buffer);
            }
        }
    }
    for (irp, event) in irps.into_iter().flatten() {
        kernel::wait(event);
        free(irp);
    }
    usb::free(handle, urb);
    kernel::free(buffer);
}

/// How a driver sends an IRP of its own and waits for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// As it should.
    Right,
    /// Under a spin lock.
    UnderSpinLock,
    /// With a completion routine that sets no event.
    Silently,
}

/// `IRP_MN_QUERY_CAPABILITIES` of the driver's own, with this status at first; waits for it.
pub fn query_capabilities(extension: *mut Extension, initial: NTSTATUS, how: How) {
    let routine: PIO_COMPLETION_ROUTINE =
        if how == How::Silently { Some(came_back_silently) } else { Some(came_back) };
    query(extension, initial, how, routine);
}

fn query(extension: *mut Extension, initial: NTSTATUS, how: How, routine: PIO_COMPLETION_ROUTINE) {
    // SAFETY: the extension is valid.
    let lower = unsafe { (*extension).lower };
    let capabilities = kernel::allocate(size_of::<DEVICE_CAPABILITIES>()).cast::<DEVICE_CAPABILITIES>();
    let Some(irp) = allocate(extension).filter(|_| !capabilities.is_null()) else { return };
    // SAFETY: there is room for it.
    let fields = unsafe { &mut *capabilities };
    fields.Size = size_of::<DEVICE_CAPABILITIES>() as u16;
    fields.Version = 1;
    fields.Address = u32::MAX;
    fields.UINumber = u32::MAX;
    irp.set_status(initial);
    // SAFETY: the IRP has a next stack location.
    let next = unsafe { &mut *irp.next() };
    next.MajorFunction = driver::PNP;
    next.MinorFunction = pnp::QUERY_CAPABILITIES;
    next.Parameters.DeviceCapabilities.Capabilities = capabilities;
    let mut event = kernel::Event::new();
    let event = event.initialise();
    irp.set_completion_routine(routine, event.cast());
    let send = || _ = irp.call(lower);
    if how == How::UnderSpinLock {
        kernel::under_spin_lock(send);
    } else {
        send();
    }
    kernel::wait(event);
    free(irp);
    kernel::free(capabilities.cast());
}

/// Sends a PnP request of the driver's own with this minor code, and waits for it.
pub fn send_pnp(extension: *mut Extension, minor: u8) {
    // SAFETY: the extension is valid.
    let lower = unsafe { (*extension).lower };
    let Some(irp) = allocate(extension) else { return };
    irp.set_status(STATUS_NOT_SUPPORTED);
    // SAFETY: the IRP has a next stack location.
    let next = unsafe { &mut *irp.next() };
    (next.MajorFunction, next.MinorFunction) = (driver::PNP, minor);
    let mut event = kernel::Event::new();
    let event = event.initialise();
    irp.set_completion_routine(Some(came_back), event.cast());
    let _ = irp.call(lower);
    kernel::wait(event);
    free(irp);
}

/// Sends an IRP that has no stack location.
pub fn send_without_location(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let lower = unsafe { (*extension).lower };
    // SAFETY: any size is allowed.
    let irp = unsafe { IoAllocateIrp(0, 0) };
    if !irp.is_null() {
        let _ = Irp(irp).call(lower);
    }
}

/// Sends an IRP to something that is no device object.
pub fn send_to_nobody(extension: *mut Extension) {
    if let Some(irp) = allocate(extension) {
        let _ = irp.call(extension.cast());
    }
}

/// Asks for the device's capabilities with a completion routine in pageable code.
pub fn query_with_pageable_routine(extension: *mut Extension) {
    query(extension, STATUS_NOT_SUPPORTED, How::Right, Some(kernel::came_back));
}

/// `IoInitializeIrp` of an IRP that `IoAllocateIrp` has made.
pub fn initialise_allocated(extension: *mut Extension) {
    let Some(irp) = allocate(extension) else { return };
    // SAFETY: the IRP is valid.
    let size = unsafe { (*irp.0).Size };
    // SAFETY: as above.
    let locations = unsafe { (*irp.0).StackCount };
    // SAFETY: not right, which is the point.
    unsafe { IoInitializeIrp(irp.0, size as _, locations) };
    free(irp);
}

/// `IoReuseIrp`
pub fn reuse(irp: Irp) {
    // SAFETY: it is the specimen's business which.
    unsafe { IoReuseIrp(irp.0, STATUS_NOT_SUPPORTED) };
}

/// Makes an IRP with `IoBuildDeviceIoControlRequest` and frees it as if it came from `IoAllocateIrp`.
pub fn free_built(extension: *mut Extension) {
    build_and_free(extension, false);
}

/// The same, with a call of `IoReuseIrp` in between.
pub fn reuse_built(extension: *mut Extension) {
    build_and_free(extension, true);
}

fn build_and_free(extension: *mut Extension, reused: bool) {
    // SAFETY: the extension is valid.
    let lower = unsafe { (*extension).lower };
    let mut event = kernel::Event::new();
    let event = event.initialise();
    let mut status = IO_STATUS_BLOCK::default();
    let (none, internal) = (ptr::null_mut(), 1);
    // SAFETY: a request without buffers; event and status block outlive it.
    let irp = unsafe {
        IoBuildDeviceIoControlRequest(0x0022_0013, lower, none, 0, none, 0, internal, event, &raw mut status)
    };
    if irp.is_null() {
        return;
    }
    if reused {
        reuse(Irp(irp));
    }
    free(Irp(irp));
}

const unsafe extern "C" fn came_back_silently(
    _: *mut DEVICE_OBJECT,
    _: *mut IRP,
    _: *mut c_void,
) -> NTSTATUS {
    STATUS_MORE_PROCESSING_REQUIRED
}

/// Sends an IRP without a completion routine.
pub fn send_without_routine(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let lower = unsafe { (*extension).lower };
    let Some(irp) = allocate(extension) else { return };
    // SAFETY: the IRP has a next stack location.
    let next = unsafe { &mut *irp.next() };
    next.MajorFunction = driver::SYSTEM_CONTROL;
    irp.set_status(STATUS_NOT_SUPPORTED);
    let _ = irp.call(lower);
}

/// Completes an IRP that was never sent.
pub fn complete_unsent(extension: *mut Extension) {
    if let Some(irp) = allocate(extension) {
        irp.finish();
    }
}

/// Sends an URB and frees its IRP before it has come back.
pub fn free_while_below(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let &Extension { handle, lower, .. } = unsafe { &*extension };
    let buffer = kernel::allocate(usb::DESCRIPTOR_LENGTH as usize);
    let urb = usb::allocate(handle);
    let Some(irp) = allocate(extension).filter(|_| !buffer.is_null() && !urb.is_null()) else { return };
    let mut event = kernel::Event::new();
    let event = event.initialise();
    usb::format(urb, buffer);
    irp.submission(handle, urb, Some(came_back), event.cast());
    let _ = irp.call(lower);
    free(irp);
    kernel::wait(event);
    usb::free(handle, urb);
    kernel::free(buffer);
}

unsafe extern "C" fn came_back(_: *mut DEVICE_OBJECT, _: *mut IRP, context: *mut c_void) -> NTSTATUS {
    kernel::set(context.cast::<KEVENT>());
    STATUS_MORE_PROCESSING_REQUIRED
}
