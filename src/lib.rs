//! A WDM USB client driver for Windows.

#![no_std]
// UNSAFETY: the kernel finds the entry point by its exported name.
#![expect(unsafe_code, reason = "an export name is an unsafe attribute")]

#[cfg(feature = "usbdex-imports")]
use usbclient_usbdex as _;
use wdk_alloc::WdkAllocator;
use wdk_panic as _;
use wdk_sys::{DRIVER_OBJECT, NTSTATUS, PCUNICODE_STRING, STATUS_NOT_SUPPORTED};

#[global_allocator]
static ALLOCATOR: WdkAllocator = WdkAllocator;

/// Refuses to load: the driver has no dispatch routines yet.
#[unsafe(export_name = "DriverEntry")]
pub extern "system" fn driver_entry(_driver: &mut DRIVER_OBJECT, _registry_path: PCUNICODE_STRING) -> NTSTATUS {
    STATUS_NOT_SUPPORTED
}
