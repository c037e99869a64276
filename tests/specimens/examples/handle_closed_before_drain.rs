//! Closes the handle while an URB is in flight, and waits for it afterwards.
//!
//! Rule: `UrbUsedAfterClose`. Bug check 0x144/0x804.
//!
//! On Windows: the URB comes back to a registration that is gone; what it touches belongs to somebody else.
#![no_std]

use specimens::{Extension, Specimen, reading, usb};

struct Driver;

impl Specimen for Driver {
    fn before_forward(extension: *mut Extension) {
        let reading = reading::begin(extension);
        usb::close_handle(extension);
        if let Some(reading) = reading {
            reading::wait(reading);
            reading::free(extension, reading);
        }
    }
}

specimens::driver!(Driver);
