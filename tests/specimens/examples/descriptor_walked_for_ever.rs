//! Walks the descriptors of a device by their lengths, one of which is zero.
//!
//! Rule: `Livelock`.
//!
//! On Windows: the thread never ends, and the start of the device with it.
#![no_std]

use specimens::{Extension, Specimen, kernel, reading, usb};

struct Driver;

impl Specimen for Driver {
    fn started(extension: *mut Extension) {
        let kind = usb::CONFIGURATION_DESCRIPTOR;
        let Some(reading) = reading::begin_descriptor(extension, kind, 255) else { return };
        reading::wait(reading);
        let (descriptors, length) = reading::bytes(reading);
        let mut at = 0;
        while at < length {
            at += usize::from(kernel::peek(descriptors, at));
        }
        reading::free(extension, reading);
    }
}

specimens::driver!(Driver);
