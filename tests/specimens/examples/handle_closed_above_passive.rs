//! Closes its USBD handle under a spin lock.
//!
//! Rule: `CloseAbovePassive`.
//!
//! On Windows: `USBD_CloseHandle` waits and frees memory; at `DISPATCH_LEVEL` that deadlocks or raises 0xA.
#![no_std]

use specimens::{Extension, Specimen, kernel, usb};

struct Driver;

impl Specimen for Driver {
    fn before_forward(extension: *mut Extension) {
        kernel::under_spin_lock(|| usb::close_handle(extension));
    }
}

specimens::driver!(Driver);
