//! Makes the handle in `IRP_MN_START_DEVICE`, and another one when the device is started again.
//!
//! Rule: `UsbdHandleNotClosed`. Bug check 0x144/0x804.
//!
//! On Windows: the first registration is never given back.
#![no_std]

use specimens::{Extension, Specimen, usb};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        if Extension::kept(extension).is_null() {
            usb::close_handle(extension);
            Extension::keep(extension, extension.cast());
        }
        let _ = usb::create_handle(extension);
    }
}

specimens::driver!(Driver);
