//! Registry keys and object references.

// UNSAFETY: calls the kernel. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::ptr;

use wdk_sys::{
    HANDLE, KEY_READ, PLUGPLAY_REGKEY_DEVICE,
    ntddk::{IoGetAttachedDeviceReference, IoOpenDeviceRegistryKey, ZwClose},
};

use crate::Extension;

/// `ZwClose`
pub fn close_key(key: HANDLE) {
    // SAFETY: the key is open.
    let _ = unsafe { ZwClose(key) };
}

/// `IoOpenDeviceRegistryKey`; NULL when it fails.
#[must_use]
pub fn open_device_key(extension: *mut Extension) -> HANDLE {
    let mut key = ptr::null_mut();
    // SAFETY: the extension is valid.
    let physical = unsafe { (*extension).physical };
    // SAFETY: at PASSIVE_LEVEL.
    let _ = unsafe { IoOpenDeviceRegistryKey(physical, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &raw mut key) };
    key
}

/// `IoGetAttachedDeviceReference`; nobody gives the reference back.
pub fn reference_top_of_stack(extension: *mut Extension) {
    // SAFETY: the extension is valid.
    let physical = unsafe { (*extension).physical };
    // SAFETY: the device is valid.
    let _ = unsafe { IoGetAttachedDeviceReference(physical) };
}
