//! Data that a driver sends to its device.

// UNSAFETY: sends IRPs.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use core::ffi::c_void;

use wdk_sys::{
    _URB_CONTROL_DESCRIPTOR_REQUEST, DEVICE_OBJECT, IRP, KEVENT, NTSTATUS, STATUS_MORE_PROCESSING_REQUIRED,
};

use crate::{Extension, kernel, own_irp, usb};

/// `URB_FUNCTION_SET_DESCRIPTOR_TO_DEVICE`.
const SET_DESCRIPTOR_TO_DEVICE: u16 = 0x0C;

/// Sends a descriptor to the device, which refuses it, and waits. `meanwhile` is run with the data when the USB stack has
/// them.
pub fn send_descriptor(extension: *mut Extension, meanwhile: impl FnOnce(*mut u8)) {
    // SAFETY: the extension is valid.
    let &Extension { handle, lower, .. } = unsafe { &*extension };
    let buffer = kernel::allocate(usb::DESCRIPTOR_LENGTH as usize);
    let urb = usb::allocate(handle);
    let Some(irp) = own_irp::allocate(extension).filter(|_| !buffer.is_null() && !urb.is_null()) else {
        return;
    };
    usb::format(urb, buffer);
    // SAFETY: an URB is larger than this member of its union.
    unsafe { (*urb.cast::<_URB_CONTROL_DESCRIPTOR_REQUEST>()).Hdr.Function = SET_DESCRIPTOR_TO_DEVICE };
    let mut event = kernel::Event::new();
    let event = event.initialise();
    irp.submission(handle, urb, Some(came_back), event.cast());
    let _ = irp.call(lower);
    meanwhile(buffer.cast());
    kernel::wait(event);
    own_irp::free(irp);
    usb::free(handle, urb);
    kernel::free(buffer);
}

unsafe extern "C" fn came_back(_: *mut DEVICE_OBJECT, _: *mut IRP, context: *mut c_void) -> NTSTATUS {
    kernel::set(context.cast::<KEVENT>());
    STATUS_MORE_PROCESSING_REQUIRED
}
