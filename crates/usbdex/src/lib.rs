//! The USBD handle API as imports of a module named `usbdex.sys`.
//!
//! In the WDK these routines are static code in Usbdex.lib, never a DLL's exports, and there is no copy
//! that may be passed on. Where the WDK is not at hand this crate resolves the names that wdk-sys
//! declares, and whoever loads the driver provides the module: a test sees every call that the driver
//! makes. An image linked with it does not load on Windows.
//!
//! Nothing is called through these declarations, so they have no parameters; wdk-sys has those. The list
//! is the same as `wdk-linux/imports/usbdex.txt`.

#![no_std]
// UNSAFETY: declares external symbols, for the linker only.
#![cfg_attr(windows, expect(unsafe_code, reason = "external declarations are unsafe blocks"))]

#[cfg(windows)]
mod imports {
    #[link(name = "usbdex.sys", kind = "raw-dylib", modifiers = "+verbatim")]
    #[expect(dead_code, reason = "the linker uses them")]
    unsafe extern "system" {
        fn USBD_AssignUrbToIoStackLocation();
        fn USBD_CloseHandle();
        fn USBD_CreateHandle();
        fn USBD_IsInterfaceVersionSupported();
        fn USBD_IsochUrbAllocate();
        fn USBD_QueryUsbCapability();
        fn USBD_SelectConfigUrbAllocateAndBuild();
        fn USBD_SelectInterfaceUrbAllocateAndBuild();
        fn USBD_UrbAllocate();
        fn USBD_UrbFree();
    }
}
