//! Registration with WMI.

// UNSAFETY: calls the kernel.
#![expect(unsafe_code, reason = "calls the kernel")]

use wdk_sys::{NTSTATUS, ntddk::IoWMIRegistrationControl};

use crate::Extension;

/// `WMIREG_ACTION_REGISTER`
const REGISTER: u32 = 1;

/// `IoWMIRegistrationControl` with `WMIREG_ACTION_REGISTER`.
pub fn register_with_wmi(extension: *mut Extension) -> NTSTATUS {
    // SAFETY: the device object lives, at PASSIVE_LEVEL.
    unsafe { IoWMIRegistrationControl(Extension::device(extension), REGISTER) }
}
