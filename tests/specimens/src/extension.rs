//! The device extension.

// UNSAFETY: the extension is the driver's own part of a kernel object.
#![expect(unsafe_code, reason = "reads a pointer of a kernel object")]

use core::ffi::c_void;

use wdk_sys::{DEVICE_OBJECT, IO_REMOVE_LOCK, PURB, UNICODE_STRING, USBD_HANDLE};

use crate::{power_state::PowerState, queue::Queue};

/// What the driver knows about one device. `IoCreateDevice` makes it, all zero.
#[repr(C)]
pub struct Extension {
    /// The device object that this extension belongs to.
    pub device: *mut DEVICE_OBJECT,
    /// The physical device object.
    pub physical: *mut DEVICE_OBJECT,
    /// The device object attached to.
    pub lower: *mut DEVICE_OBJECT,
    /// The USB driver stack's handle.
    pub handle: USBD_HANDLE,
    /// The remove lock.
    pub lock: IO_REMOVE_LOCK,
    /// Room for a second one, which a driver must not have.
    pub second_lock: IO_REMOVE_LOCK,
    /// The symbolic link of the device interface.
    pub interface: UNICODE_STRING,
    /// Whether the interface is on.
    pub interface_on: bool,
    /// Whether the device has started and was not removed.
    pub started: bool,
    /// Room for the URB of a specimen that keeps one.
    pub urb: PURB,
    /// What a power policy owner knows.
    pub power: PowerState,
    /// Room for a specimen's memory.
    pub memory: *mut c_void,
    /// A queue of requests.
    pub queue: Queue,
    /// Room for more of it.
    pub second_memory: *mut c_void,
    /// Room for a device object of a specimen's.
    pub second_device: *mut DEVICE_OBJECT,
    /// And for another one.
    pub third_device: *mut DEVICE_OBJECT,
}

impl Extension {
    /// The extension of a device object of this driver.
    #[must_use]
    pub const fn of(device: *mut DEVICE_OBJECT) -> *mut Self {
        // SAFETY: the device object is valid: the I/O manager gave it to a routine of this driver.
        let extension = unsafe { (*device).DeviceExtension };
        extension.cast()
    }

    /// The device object.
    #[must_use]
    pub const fn device(extension: *mut Self) -> *mut DEVICE_OBJECT {
        // SAFETY: the extension is valid.
        unsafe { (*extension).device }
    }

    /// The device object attached to.
    #[must_use]
    pub const fn lower(extension: *mut Self) -> *mut DEVICE_OBJECT {
        // SAFETY: the extension is valid.
        unsafe { (*extension).lower }
    }

    /// Keeps a specimen's memory.
    pub const fn keep(extension: *mut Self, memory: *mut c_void) {
        // SAFETY: the extension is valid.
        unsafe { (*extension).memory = memory };
    }

    /// The memory that was kept.
    #[must_use]
    pub const fn kept(extension: *mut Self) -> *mut c_void {
        // SAFETY: the extension is valid.
        unsafe { (*extension).memory }
    }
}
