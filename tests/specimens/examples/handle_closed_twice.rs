//! Closes its USBD handle twice.
//!
//! Rule: `HandleUsedAfterClose`.
//!
//! On Windows: the second call works on memory that is no longer a handle.
#![no_std]

use specimens::{Extension, Specimen, usb};

struct Driver;

impl Specimen for Driver {
    fn before_forward(extension: *mut Extension) {
        usb::close_handle(extension);
        usb::close_handle(extension);
    }
}

specimens::driver!(Driver);
