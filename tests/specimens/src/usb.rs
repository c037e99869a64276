//! The USB driver stack's handle, and one kind of URB: it reads the device descriptor.

// UNSAFETY: calls the USB driver stack. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the USB driver stack")]

use core::{ffi::c_void, ptr};

use wdk_sys::{
    _URB_CONTROL_DESCRIPTOR_REQUEST, NTSTATUS, PURB, USBD_HANDLE,
    usb::{
        USBD_CloseHandle, USBD_CreateHandle, USBD_IsInterfaceVersionSupported, USBD_IsochUrbAllocate,
        USBD_UrbAllocate, USBD_UrbFree,
    },
};

use crate::{Extension, kernel};

/// `USBD_CLIENT_CONTRACT_VERSION_602`.
const CONTRACT_VERSION: u32 = 0x602;
/// `URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE`.
const GET_DESCRIPTOR_FROM_DEVICE: u16 = 0x0B;
/// `USB_DEVICE_DESCRIPTOR_TYPE`.
pub const DEVICE_DESCRIPTOR: u8 = 1;
/// `USB_CONFIGURATION_DESCRIPTOR_TYPE`.
pub const CONFIGURATION_DESCRIPTOR: u8 = 2;
/// Bytes of a device descriptor.
pub const DESCRIPTOR_LENGTH: u32 = 18;

/// `USBD_CreateHandle` for a device.
#[must_use]
pub fn create_handle(extension: *mut Extension) -> NTSTATUS {
    // SAFETY: the extension is valid.
    let extension = unsafe { &mut *extension };
    let handle = &raw mut extension.handle;
    // SAFETY: both device objects are valid, at PASSIVE_LEVEL.
    unsafe { USBD_CreateHandle(extension.device, extension.lower, CONTRACT_VERSION, kernel::TAG, handle) }
}

/// `USBD_CloseHandle`.
pub fn close_handle(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let handle = unsafe { (*extension).handle };
    // SAFETY: the handle is open.
    unsafe { USBD_CloseHandle(handle) };
}

/// `USBD_UrbAllocate`; NULL when it fails.
#[must_use]
pub fn allocate(handle: USBD_HANDLE) -> PURB {
    let mut urb = ptr::null_mut();
    // SAFETY: the handle is the stack's.
    let _ = unsafe { USBD_UrbAllocate(handle, &raw mut urb) };
    urb
}

/// `USBD_IsochUrbAllocate` for one packet; NULL when it fails.
#[must_use]
pub fn allocate_isochronous(extension: *mut Extension) -> PURB {
    let mut urb = ptr::null_mut();
    // SAFETY: the extension is valid.
    let handle = unsafe { (*extension).handle };
    // SAFETY: the handle is open.
    let _ = unsafe { USBD_IsochUrbAllocate(handle, 1, &raw mut urb) };
    urb
}

/// `USBD_IsInterfaceVersionSupported`.
pub fn ask_version(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let handle = unsafe { (*extension).handle };
    // SAFETY: the handle is open.
    let _ = unsafe { USBD_IsInterfaceVersionSupported(handle, CONTRACT_VERSION) };
}

/// `USBD_UrbFree`.
pub fn free(handle: USBD_HANDLE, urb: PURB) {
    // SAFETY: the URB is the handle's.
    unsafe { USBD_UrbFree(handle, urb) };
}

/// Formats an URB that reads the device descriptor into `buffer`, which has room for it.
pub fn format(urb: PURB, buffer: *mut c_void) {
    format_descriptor(urb, buffer, DEVICE_DESCRIPTOR, DESCRIPTOR_LENGTH);
}

/// Makes an URB one that no stack knows.
pub const fn spoil(urb: PURB) {
    let urb = urb.cast::<_URB_CONTROL_DESCRIPTOR_REQUEST>();
    // SAFETY: an URB is larger than this member of its union.
    unsafe { (*urb).Hdr.Function = 0x7FFF };
}

/// The same for a descriptor of another kind.
pub fn format_descriptor(urb: PURB, buffer: *mut c_void, kind: u8, length: u32) {
    let urb = urb.cast::<_URB_CONTROL_DESCRIPTOR_REQUEST>();
    // SAFETY: an URB is larger than this member of its union, and all zero is valid.
    unsafe { urb.write_bytes(0, 1) };
    // SAFETY: as above.
    let urb = unsafe { &mut *urb };
    urb.Hdr.Length = size_of::<_URB_CONTROL_DESCRIPTOR_REQUEST>() as u16;
    urb.Hdr.Function = GET_DESCRIPTOR_FROM_DEVICE;
    urb.TransferBufferLength = length;
    urb.TransferBuffer = buffer;
    urb.DescriptorType = kind;
}

/// How many bytes an URB brought.
#[must_use]
pub const fn transferred(urb: PURB) -> u32 {
    let urb = urb.cast::<_URB_CONTROL_DESCRIPTOR_REQUEST>();
    // SAFETY: the URB has come back.
    unsafe { (*urb).TransferBufferLength }
}
