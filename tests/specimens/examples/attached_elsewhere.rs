//! Attaches a device object in `AddDevice` to another stack than the one it was given.
//!
//! Rule: `PnpSameDeviceObject`.
//!
//! On Windows: the PnP manager knows nothing of it; the other stack goes away under it.
#![no_std]

use specimens::{Extension, Specimen, driver};

struct Driver;

impl Specimen for Driver {
    fn attached(extension: *mut Extension) {
        driver::inherit_flags(extension);
        driver::attach_elsewhere(extension);
    }

    fn before_forward(extension: *mut Extension) {
        driver::detach_elsewhere(extension);
        specimens::usb::close_handle(extension);
    }
}

specimens::driver!(Driver);
